// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The compiled form of one Mapping: what the request path needs once it has been chosen, with the Module's defaults applied, so that
// nothing is looked up or parsed per request. Immutable.
//
// A Route is small on purpose, since there may be 100,000 of them: the document itself is shared with the loader's memory, and what
// governs a whole group (spec: ambassador-mapping.md, scopes G and G+) is one GroupPolicy, shared by every route with equal content.
// Views point into the document. Units: milliseconds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nuncio/close_reason.h"
#include "nuncio/message.h"
#include "nuncio/model.h"

namespace nuncio::route {

// One field to add. `append` false: fields of that name are removed first.
struct FieldToAdd {
  std::string name;
  std::string value;
  FieldId id = FieldId::other;
  bool append = true;

  bool operator==(const FieldToAdd&) const = default;
};

// Edits of one direction, removal before addition (spec: ambassador-mapping.md 2.4)
struct FieldEdits {
  std::vector<std::string> remove;  // lower case
  std::vector<FieldToAdd> add;      // united over the group

  bool empty() const { return remove.empty() && add.empty(); }
  bool operator==(const FieldEdits&) const = default;
};

// What is common to all members of a group
struct GroupPolicy {
  FieldEdits request_fields;
  FieldEdits response_fields;
  std::vector<std::string> allow_upgrade;  // lower case

  bool operator==(const GroupPolicy&) const = default;
};

struct Route {
  std::uint32_t index = 0;       // dense within the table, in the order of matching: counters are arrays over it
  std::uint32_t cluster = 0;     // index into Snapshot::clusters
  int timeout_ms = 3000;         // 0: none
  int idle_timeout_ms = 300000;  // 0: none

  // Not `completed`: this route must not be served, and why (a policy that is not in force, an unusable service)
  CloseReason refuse = CloseReason::completed;

  std::shared_ptr<const model::Mapping> mapping;  // never null
  std::shared_ptr<const GroupPolicy> policy;      // never null

  std::string_view rewrite;  // replaces the prefix; empty: the path stays
  std::string host_rewrite;  // Host for the upstream; auto_host_rewrite is compiled into it; empty: the client's
  std::string timeout_text;  // "3000", for x-envoy-expected-rq-timeout-ms; empty when there is no timeout

  const model::Identity& id() const { return mapping->id; }
  const Place& place() const { return mapping->place; }
  std::string_view prefix() const { return mapping->prefix; }
  const FieldEdits& request_fields() const { return policy->request_fields; }
  const FieldEdits& response_fields() const { return policy->response_fields; }
  const std::vector<std::string>& allow_upgrade() const { return policy->allow_upgrade; }
};

}  // namespace nuncio::route
