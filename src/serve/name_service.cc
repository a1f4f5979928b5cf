// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "serve/name_service.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace nuncio {

namespace {

bool same_addresses(const std::vector<Address>& a, const std::vector<Address>& b) {
  return std::ranges::is_permutation(a, b);
}

// Those of `old` whose family is not in `fresh`: there was no answer about it, so they stay.
void keep_other_family(const std::vector<Address>& old, std::vector<Address>& fresh) {
  std::vector<Address> kept;
  for (const Address& address : old) {
    const auto same_family = [&address](const Address& other) { return other.family() == address.family(); };
    if (std::ranges::none_of(fresh, same_family)) kept.push_back(address);
  }
  const bool first = !kept.empty() && kept.front().family() == AF_INET;
  fresh.insert(first ? fresh.begin() : fresh.end(), kept.begin(), kept.end());
}

std::string text_of_key(const NameKey& key) {
  return fmt::format("{}", fmt::join(key, " or "));
}

}  // namespace

struct NameService::Entry : ListHook {
  Entry(NameService& owner, const NameKey& name)
      : service(owner),
        key(name),
        due(
            owner.loop_.deadlines(),
            [](void* self) {
              auto& entry = *static_cast<Entry*>(self);
              entry.service.come_due(entry);
            },
            this) {}

  bool has_addresses() const { return answer != nullptr && !answer->addresses.empty(); }

  NameService& service;
  const NameKey& key;
  Deadline due;  // for the next question, or, unused, for being forgotten
  bool used = false;
  std::uint64_t used_in = 0;  // the last call of use() that named it
  std::uint64_t next_ask_at = 0;
  std::uint64_t asked_at = 0;

  NameAnswerPtr answer;
  std::uint64_t confirmed_at = 0;
  std::uint64_t absent_since = Deadline::kNever;
  LookupStatus last_status = LookupStatus::found;

  std::string remembered;  // what was asked with success, complete
  std::uint64_t discovered_at = 0;

  // of the look-up that is under way
  bool asking = false;
  bool from_memory = false;
  std::size_t candidate = 0;
  LookupStatus so_far = LookupStatus::no_such_name;
};

NameService::NameService(Loop& loop, Settings settings, Publish publish)
    : loop_(loop), settings_(std::move(settings)), publish_(std::move(publish)), resolver_(loop, settings_.resolver) {}

NameService::~NameService() = default;

NameService::Entry& NameService::entry_of(const NameKey& key) {
  const auto [place, inserted] = entries_.try_emplace(key);
  if (inserted) place->second = std::make_unique<Entry>(*this, place->first);
  return *place->second;
}

void NameService::use(const std::vector<NameKey>& keys) {
  ++uses_;
  for (const NameKey& key : keys) {
    if (key.empty()) continue;
    Entry& entry = entry_of(key);
    entry.used_in = uses_;
    if (std::exchange(entry.used, true)) continue;
    if (entry.next_ask_at <= loop_.now_ms()) {
      ask(entry);
    } else {
      entry.due.set(entry.next_ask_at);
    }
  }
  for (const auto& [key, entry] : entries_) {
    if (!entry->used || entry->used_in == uses_) continue;
    entry->used = false;
    entry->unlink();
    entry->due.set(loop_.now_ms() + settings_.forget_after);
  }
}

void NameService::refresh_soon(const NameKey& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  Entry& entry = *found->second;
  if (!entry.used || entry.asking || entry.linked()) return;
  const std::uint64_t allowed_at = entry.asked_at + settings_.refresh_soon_interval;
  if (allowed_at <= loop_.now_ms()) {
    ask(entry);
  } else if (allowed_at < entry.due.at()) {
    entry.due.set(allowed_at);
  }
}

void NameService::come_due(Entry& entry) {
  if (entry.used) return ask(entry);
  if (entry.asking) return entry.due.set(loop_.now_ms() + settings_.forget_after);  // it is pointed at
  const NameKey key = entry.key;
  entries_.erase(key);
  publish_(key, nullptr);
}

void NameService::ask(Entry& entry) {
  if (entry.asking) return;
  if (in_flight_ >= settings_.lookups_in_flight) {
    waiting_.push_back(entry);
    return;
  }
  ++in_flight_;
  entry.unlink();
  entry.asking = true;
  entry.asked_at = loop_.now_ms();
  entry.due.clear();
  entry.from_memory = !entry.remembered.empty() && entry.asked_at - entry.discovered_at < settings_.rediscover_after;
  if (entry.from_memory) {
    look_up(entry, entry.remembered);
  } else {
    ask_candidates(entry);
  }
}

void NameService::ask_candidates(Entry& entry) {
  entry.from_memory = false;
  entry.candidate = 0;
  entry.so_far = LookupStatus::no_such_name;
  look_up(entry, entry.key.front());
}

// An entry stays while it is asked for.
void NameService::look_up(Entry& entry, std::string_view name) {
  resolver_.resolve(name, settings_.families, [this, &entry](LookupResult result) { answered(entry, std::move(result)); });
}

void NameService::answered(Entry& entry, LookupResult result) {
  if (is_absent(result.status)) {
    if (entry.from_memory) return ask_candidates(entry);
    if (result.status == LookupStatus::no_data) entry.so_far = result.status;
    if (++entry.candidate < entry.key.size()) return look_up(entry, entry.key[entry.candidate]);
    result.status = entry.so_far;
  }
  entry.asking = false;
  --in_flight_;
  if (result.status == LookupStatus::found) {
    found(entry, std::move(result));
  } else {
    failed(entry, result);
  }
  if (Entry* next = waiting_.front()) ask(*next);
}

void NameService::found(Entry& entry, LookupResult result) {
  if (entry.last_status != LookupStatus::found) log::info("name {}: resolves now", text_of_key(entry.key));
  entry.last_status = result.status;
  entry.absent_since = Deadline::kNever;
  entry.confirmed_at = loop_.now_ms();
  if (!entry.from_memory) entry.discovered_at = entry.confirmed_at;
  entry.remembered = result.name + ".";
  schedule(entry, std::clamp<std::uint64_t>(std::uint64_t{result.ttl_s} * 1000, settings_.min_refresh, settings_.max_refresh));
  if (result.incomplete && entry.has_addresses()) keep_other_family(entry.answer->addresses, result.addresses);
  const bool known =
      entry.has_addresses() && entry.answer->name == result.name && same_addresses(entry.answer->addresses, result.addresses);
  if (!known) publish(entry, {std::move(result.addresses), std::move(result.name), {}});
}

void NameService::failed(Entry& entry, const LookupResult& result) {
  const bool first = entry.last_status == LookupStatus::found;
  entry.last_status = result.status;
  schedule(entry, first ? settings_.first_retry : settings_.retry);
  if (first) {
    log::warning("name {}: {}{}", text_of_key(entry.key), text_of(result.status),
                 entry.has_addresses() ? "; the addresses that it had stay in use" : "");
  }
  if (entry.has_addresses()) {
    if (!is_absent(result.status)) return;
    entry.absent_since = std::min(entry.absent_since, loop_.now_ms());
    if (loop_.now_ms() - entry.absent_since < settings_.withdraw_after) return;
    log::warning("name {}: {}; the addresses that it had are no longer used", text_of_key(entry.key), text_of(result.status));
  }
  const std::string_view problem = text_of(result.status);
  if (entry.answer == nullptr || entry.answer->problem != problem) publish(entry, {{}, result.name, std::string(problem)});
}

void NameService::publish(Entry& entry, NameAnswer answer) {
  entry.answer = std::make_shared<const NameAnswer>(std::move(answer));
  publish_(entry.key, entry.answer);
}

void NameService::schedule(Entry& entry, std::uint64_t interval) {
  const std::uint64_t fair = entries_.size() * 1000 / settings_.lookups_per_second;
  entry.next_ask_at = loop_.now_ms() + std::max(interval, fair);
  // an unused entry keeps the time at which it is forgotten
  if (entry.used) entry.due.set(entry.next_ask_at);
}

std::vector<NameService::Status> NameService::status() {
  std::vector<Status> all;
  all.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) {
    const std::uint64_t age = entry->has_addresses() ? loop_.now_ms() - entry->confirmed_at : 0;
    const bool failing = entry->last_status != LookupStatus::found;
    all.push_back({key, entry->answer, age, failing ? text_of(entry->last_status) : std::string_view()});
  }
  return all;
}

}  // namespace nuncio
