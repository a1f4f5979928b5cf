// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "route/host_index.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace nuncio::route {
namespace {

constexpr std::uint64_t kEach = 0x0101010101010101U;

// eight bytes of text, upper-case letters folded
std::uint64_t fold_word(std::uint64_t word) {
  const std::uint64_t low = word & (0x7f * kEach);
  const std::uint64_t from_a = low + (0x80 - 'A') * kEach;
  const std::uint64_t past_z = low + (0x7f - 'Z') * kEach;
  return word | ((from_a & ~past_z & ~word & (0x80 * kEach)) >> 2);
}

std::uint64_t load_word(const char* at, std::size_t size = 8) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, size);
  return fold_word(word);
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
  return hash ^ (hash >> 32);
}

// never 0
std::uint64_t hash_host(std::string_view host) {
  std::uint64_t hash = host.size();
  for (; host.size() >= 8; host.remove_prefix(8)) hash = mix(hash, load_word(host.data()));
  if (!host.empty()) hash = mix(hash, load_word(host.data(), host.size()));
  return hash == 0 ? 1 : hash;
}

// `name` is folded already
bool same_host(std::string_view name, std::string_view host) {
  if (name.size() != host.size()) return false;
  std::size_t i = 0;
  for (; i + 8 <= name.size(); i += 8) {
    if (load_word(name.data() + i) != load_word(host.data() + i)) return false;
  }
  return i == name.size() || load_word(name.data() + i, name.size() - i) == load_word(host.data() + i, name.size() - i);
}

}  // namespace

HostAndPort split_host(std::string_view text) {
  std::size_t digits = text.size();
  while (digits > 0 && is_char(text[digits - 1], kDigitChar)) --digits;
  if (digits == 0 || text[digits - 1] != ':') return {text, {}};
  return {text.substr(0, digits - 1), text.substr(digits)};
}

HostTable& HostIndex::entry(std::string_view host) {
  if (host.empty()) return any_;
  const HostAndPort authority = split_host(host);
  Slot& slot = insert(authority.host);
  if (authority.port.empty()) return slot.table;
  for (std::uint32_t i = slot.ports; i != kNone; i = ports_[i].next) {
    if (ports_[i].port == authority.port) return ports_[i].table;
  }
  ports_.push_back({std::string(authority.port), {}, slot.ports});
  slot.ports = static_cast<std::uint32_t>(ports_.size() - 1);
  return ports_.back().table;
}

HostIndex::Selection HostIndex::select(std::string_view text, bool tls) const {
  Selection selection;
  if (!slots_.empty()) {
    const HostAndPort authority = split_host(text);
    if (const Slot* slot = find(authority.host, hash_host(authority.host))) {
      const std::string_view port = !authority.port.empty() ? authority.port : tls ? "443" : "80";
      for (std::uint32_t i = slot->ports; i != kNone; i = ports_[i].next) {
        if (ports_[i].port != port) continue;
        selection.add(ports_[i].table);
        break;
      }
      selection.add(slot->table);
    }
  }
  selection.add(any_);
  return selection;
}

const HostIndex::Slot* HostIndex::find(std::string_view host, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask; slots_[i].hash != 0; i = (i + 1) & mask) {
    if (slots_[i].hash == hash && same_host(name_of(slots_[i]), host)) return &slots_[i];
  }
  return nullptr;
}

HostIndex::Slot& HostIndex::free_slot(std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash & mask;
  while (slots_[i].hash != 0) i = (i + 1) & mask;
  return slots_[i];
}

HostIndex::Slot& HostIndex::insert(std::string_view host) {
  if (4 * (used_ + 1) > 3 * slots_.size()) grow();
  const std::uint64_t hash = hash_host(host);
  if (const Slot* found = find(host, hash)) return slots_[static_cast<std::size_t>(found - slots_.data())];
  Slot& slot = free_slot(hash);
  slot.hash = hash;
  slot.name_size = static_cast<std::uint32_t>(host.size());
  if (host.size() <= sizeof slot.inline_name) {
    host.copy(slot.inline_name, host.size());
  } else {
    slot.name = static_cast<std::uint32_t>(names_.size());
    names_.append(host);
  }
  ++used_;
  return slot;
}

void HostIndex::grow() {
  std::vector<Slot> old(std::max<std::size_t>(16, 2 * slots_.size()));
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.hash != 0) free_slot(slot.hash) = slot;
  }
}

std::size_t HostIndex::bytes() const {
  return slots_.capacity() * sizeof(Slot) + names_.capacity() + ports_.capacity() * sizeof(PortTable);
}

}  // namespace nuncio::route
