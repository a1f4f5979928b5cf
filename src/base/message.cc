// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Field names to ids by a perfect hash, found by the compiler: length, first, middle and last letter make a key, a multiplier spreads
// the keys over the slots without a collision. One comparison decides then.
#include "nuncio/message.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/arena.h"
#include "base/text.h"

namespace nuncio {

namespace {

constexpr std::string_view kEnvoyPrefix = "x-envoy-";
constexpr std::size_t kLongestName = 32;
constexpr std::size_t kShortestName = 2;

// A known name, and the bits in which another spelling of it has to agree: all, but the case bit of letters.
struct KnownName {
  std::array<char, kLongestName> text{};
  std::array<char, kLongestName> mask{};
  std::size_t size = 0;
};

constexpr KnownName known_name(std::string_view text) {
  KnownName name;
  name.size = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool letter = text[i] >= 'a' && text[i] <= 'z';
    name.text[i] = text[i];
    name.mask[i] = letter ? static_cast<char>(0xdf) : static_cast<char>(0xff);
  }
  return name;
}

constexpr KnownName kNames[] = {{},
#define NUNCIO_X(id, name) known_name(name),
                                NUNCIO_FIELD_IDS(NUNCIO_X)
#undef NUNCIO_X
};
constexpr std::size_t kNameCount = std::size(kNames);
static_assert(kNameCount < 64, "the parser keeps sets of ids in 64 bits");

constexpr unsigned kSlotBits = 7;

constexpr std::uint32_t name_key(const char* name, std::size_t size) {
  const auto byte = [name](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i]) | 0x20U); };
  return byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16 | static_cast<std::uint32_t>(size) << 24;
}

constexpr std::size_t slot_of(std::uint32_t key, std::uint32_t multiplier) {
  return key * multiplier >> (32 - kSlotBits);
}

struct Slots {
  std::uint32_t multiplier = 0;
  std::array<FieldId, 1U << kSlotBits> ids{};
};

constexpr bool fill(Slots& slots) {
  slots.ids = {};
  for (std::size_t i = 1; i < kNameCount; ++i) {
    if (static_cast<FieldId>(i) == FieldId::x_envoy_other) continue;
    FieldId& id = slots.ids[slot_of(name_key(kNames[i].text.data(), kNames[i].size), slots.multiplier)];
    if (id != FieldId::other) return false;
    id = static_cast<FieldId>(i);
  }
  return true;
}

constexpr Slots find_slots() {
  Slots slots;
  for (slots.multiplier = 0x9e3779b1; !fill(slots); slots.multiplier += 0x6a09e66e) {
  }
  return slots;
}

constexpr Slots kSlots = find_slots();

std::uint64_t load8(const char* at) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// `text` has the known name's size
bool spells(const char* text, const KnownName& known) {
  const auto differ = [&](std::size_t i) { return (load8(text + i) ^ load8(known.text.data() + i)) & load8(known.mask.data() + i); };
  if (known.size < 8) return equals_ignore_case({text, known.size}, {known.text.data(), known.size});
  std::uint64_t difference = differ(known.size - 8);
  for (std::size_t i = 0; i + 8 < known.size; i += 8) difference |= differ(i);
  return difference == 0;
}

}  // namespace

FieldId field_id(std::string_view name) {
  if (name.size() < kShortestName || name.size() > kLongestName) {
    return starts_with_ignore_case(name, kEnvoyPrefix) ? FieldId::x_envoy_other : FieldId::other;
  }
  const FieldId id = kSlots.ids[slot_of(name_key(name.data(), name.size()), kSlots.multiplier)];
  const KnownName& known = kNames[static_cast<std::size_t>(id)];
  if (known.size == name.size() && spells(name.data(), known)) return id;
  return (name[0] | 0x20) == 'x' && starts_with_ignore_case(name, kEnvoyPrefix) ? FieldId::x_envoy_other : FieldId::other;
}

void FieldList::add(std::string_view name, std::string_view value, FieldId id) {
  if (size_ == capacity_) {
    capacity_ = std::max<std::size_t>(24, 2 * capacity_);
    Field* larger = arena_->allocate_array<Field>(capacity_);
    std::uninitialized_copy_n(data_, size_, larger);
    data_ = larger;
  }
  std::construct_at(data_ + size_, Field{name, value, id});
  ++size_;
}

const Field* FieldList::find(FieldId id) const {
  const auto fields = all();
  const auto found = std::ranges::find(fields, id, &Field::id);
  return found == fields.end() ? nullptr : &*found;
}

const Field* FieldList::find(std::string_view name) const {
  const auto fields = all();
  const auto found = std::ranges::find_if(fields, [name](const Field& field) { return equals_ignore_case(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

std::size_t FieldList::count(FieldId id) const {
  return static_cast<std::size_t>(std::ranges::count(all(), id, &Field::id));
}

}  // namespace nuncio
