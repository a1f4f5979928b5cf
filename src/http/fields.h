// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Fields on their way through: what stays on one connection is removed (RFC 9110 §7.6.1, http-rules 14), and a head is written from its
// parts. A head's framing fields are always written from `framing` and `content_length`, never copied: Content-Length and
// Transfer-Encoding in the list only say where, and in which letter case, nuncio's own stand; the others are dropped.
// Sizes are bytes. THREAD: any; nothing here waits or allocates but in the head's arena.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "nuncio/message.h"

namespace nuncio {

inline constexpr std::size_t kMaxConnectionOptions = 64;  // of all Connection fields of a head; the parser refuses more

// Does any Connection field of the list hold this option? Compared without case.
bool has_connection_option(const FieldList& fields, std::string_view option);

// Removes Connection, Keep-Alive, Proxy-Connection, TE and Upgrade, and what Connection names; for both directions. Connection cannot
// name away framing, Host, routing, tracing and security fields (is_end_to_end). Call it before nuncio adds fields of its own. The head's
// `upgrade` stays valid.
void remove_hop_by_hop(FieldList& fields);

// Fields that a sender may not name in Connection, because they are for every recipient (RFC 9110 §7.6.1)
bool is_end_to_end(std::string_view name);

// The bytes of a head as nuncio sends it, HTTP/1.1: `METHOD path query` (or the target when path is empty), or the status and reason;
// then the fields in their order; framing as above; the empty line. Returns the size; nothing is written when `out` is too small.
// A response whose framing is none keeps its Content-Length field (HEAD and 304; parse_response_head left none in others).
// REQUIRES: names are tokens, values hold no control character: parsed ones do not, configured ones were checked.
std::size_t write_request_head(const RequestHead& head, std::span<char> out);
std::size_t write_response_head(const ResponseHead& head, std::span<char> out);
// The same bytes, in the arena of the head's fields.
std::string_view request_head_bytes(const RequestHead& head);
std::string_view response_head_bytes(const ResponseHead& head);

// The field lines and the empty line behind them, without framing fields: a trailer section
std::size_t write_field_section(const FieldList& fields, std::span<char> out);

}  // namespace nuncio
