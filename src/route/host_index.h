// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// From the authority of a request to the host tables that fit it (spec: routing 3.5): the one of its name, the one of its name and
// port, and the one of groups that name no host. Letter case is ignored. A configured host without a port fits every port; one with a
// port fits that port, and a request without a port when it is the default of the connection.
//
// A host table is a pair of path trees. Globs and regular expressions are further tables that select() appends to its result.
// Building: entry() for each configured host; look-ups allocate nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "route/path_forest.h"

namespace nuncio::route {

// "[::1]:8080" → "[::1]" and "8080". A colon without digits is no port (RFC 3986 §3.2.3).
struct HostAndPort {
  std::string_view host;
  std::string_view port;  // empty: none
};
HostAndPort split_host(std::string_view text);

struct HostTable {
  std::uint32_t sensitive = kNone;  // roots in the forest
  std::uint32_t folded = kNone;
};

class HostIndex {
 public:
  static constexpr std::size_t kMostTables = 3;

  class Selection {
   public:
    void add(const HostTable& table) { tables_[size_++] = table; }
    std::span<const HostTable> all() const { return {tables_.data(), size_}; }

   private:
    std::array<HostTable, kMostTables> tables_;
    std::size_t size_ = 0;
  };

  // The table of a configured host (lower case, perhaps with a port; empty: any), to be filled in.
  // The reference is valid until the next call.
  HostTable& entry(std::string_view host);

  Selection select(std::string_view authority, bool tls) const;

  std::size_t bytes() const;

 private:
  struct PortTable {
    std::string port;
    HostTable table;
    std::uint32_t next = kNone;
  };
  // one cache line, so that a look-up of a usual name costs one
  struct alignas(64) Slot {
    std::uint64_t hash = 0;  // 0: the slot is free
    HostTable table;
    std::uint32_t ports = kNone;  // list in ports_
    std::uint32_t name_size = 0;
    union {
      char inline_name[40] = {};
      std::uint32_t name;  // in names_, when it is longer than that
    };
  };

  std::string_view name_of(const Slot& slot) const {
    return {slot.name_size <= sizeof slot.inline_name ? slot.inline_name : names_.data() + slot.name, slot.name_size};
  }
  const Slot* find(std::string_view host, std::uint64_t hash) const;
  Slot& free_slot(std::uint64_t hash);
  Slot& insert(std::string_view host);
  void grow();

  HostTable any_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most three quarters full
  std::size_t used_ = 0;
  std::string names_;
  std::vector<PortTable> ports_;
};

}  // namespace nuncio::route
