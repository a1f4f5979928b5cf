// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "http/upgrade.h"

#include <openssl/evp.h>

#include <algorithm>
#include <string>

#include "base/text.h"

namespace nuncio {

namespace {

constexpr std::string_view kWebsocket = "websocket";
constexpr std::size_t kKeyBytes = 24;  // base64 of 16 bytes
constexpr std::size_t kDigestBytes = 20;

// protocol = token [ "/" token ]
bool is_protocol(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  return is_token(text.substr(0, slash)) && (slash == text.size() || is_token(text.substr(slash + 1)));
}

bool is_websocket_key(std::string_view key) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == kKeyBytes && key.ends_with("==") && key.find_first_not_of(kAlphabet) == kKeyBytes - 2;
}

// the value of a field that must come exactly once; empty otherwise
std::string_view only_value(const FieldList& fields, FieldId id) {
  return fields.count(id) == 1 ? fields.find(id)->value : std::string_view();
}

bool is_handshake(const RequestHead& head) {
  return head.method == "GET" && is_websocket_key(only_value(head.fields, FieldId::sec_websocket_key)) &&
         only_value(head.fields, FieldId::sec_websocket_version) == "13";
}

}  // namespace

std::string_view upgrade_protocol(const RequestHead& head) {
  return is_protocol(head.upgrade) ? head.upgrade : std::string_view();
}

UpgradeKind upgrade_kind(const RequestHead& head) {
  const std::string_view protocol = upgrade_protocol(head);
  if (protocol.empty()) return UpgradeKind::none;
  if (!equals_ignore_case(protocol, kWebsocket)) return UpgradeKind::other;
  return is_handshake(head) ? UpgradeKind::websocket : UpgradeKind::bad_websocket;
}

bool upgrade_matches(const RequestHead& asked, std::string_view protocol, const ResponseHead& answer) {
  if (answer.status != 101 || protocol.empty() || !equals_ignore_case(answer.upgrade, protocol)) return false;
  if (!equals_ignore_case(protocol, kWebsocket)) return true;
  const auto expected = websocket_accept(only_value(asked.fields, FieldId::sec_websocket_key));
  return only_value(answer.fields, FieldId::sec_websocket_accept) == std::string_view(expected.data(), expected.size());
}

std::array<char, kWebsocketAcceptBytes> websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::array<char, kWebsocketAcceptBytes> accept{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) return accept;  // matches no answer
  std::array<unsigned char, kWebsocketAcceptBytes + 1> encoded;
  EVP_EncodeBlock(encoded.data(), digest.data(), kDigestBytes);
  std::copy_n(encoded.begin(), accept.size(), accept.begin());
  return accept;
}

}  // namespace nuncio
