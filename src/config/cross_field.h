// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Rules that bind several fields of one document, which the schema table cannot say. They hold for kinds that are not served too,
// so that `nuncio check` finds the same errors now and later (spec README "documents of kinds not served").
#pragma once

#include "config/document.h"
#include "config/fields.h"
#include "config/report.h"

namespace nuncio::config {

// false: reported, and the document that holds it is lost. A null node is fine.
bool check_load_balancer(const Node* node, Report& report);
bool check_retry_policy(const Node* node, Report& report);

// the same for a TLSContext or a context of the Module tls; `terminates`: hosts need a certificate
bool check_tls_settings(const Node& context, bool terminates, Report& report);

// for the kinds that are not served, by name; true for kinds without such rules
bool check_kind(const Node& root, const Envelope& envelope, const Fields& fields, Report& report);

}  // namespace nuncio::config
