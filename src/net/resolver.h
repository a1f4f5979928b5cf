// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Names to addresses, without ever blocking its loop: literals, the hosts file, localhost (RFC 6761 §6.3), then the name servers by
// c-ares, which brings retries, several servers and the change to TCP. The search list is walked here and not by c-ares, because A and
// AAAA must agree on one name, and because a server that fails must not pass for "no such name": then the walk ends, and the failure is
// told as what it is. Both files are read again when they have changed; queries that are under way go on with the old ones.
//
// Times are milliseconds; a TTL is seconds, as in the protocol. A result comes through the loop, never from inside resolve().
// Owns its sockets and its queries; when it is destroyed, nobody hears of what was under way.
// THREAD: everything belongs to its loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/hosts_file.h"
#include "net/loop.h"
#include "net/resolv_conf.h"
#include "net/socket.h"

namespace nuncio {

enum class LookupStatus : std::uint8_t {
  found,
  no_such_name,  // NXDOMAIN
  no_data,       // the name exists and has no address
  no_answer,     // time is up, no server can be reached, or each of them fails or refuses (c-ares does not say which)
  malformed,     // the name cannot be asked for, or the answer cannot be read
};

// "no such name", "no answer from any name server", …
std::string_view text_of(LookupStatus status);
// The servers say that there is nothing; asking for another name makes sense.
constexpr bool is_absent(LookupStatus status) {
  return status == LookupStatus::no_such_name || status == LookupStatus::no_data;
}

struct LookupResult {
  LookupStatus status = LookupStatus::no_answer;
  std::vector<Address> addresses;  // port 0, IPv4 first, each once; empty unless found
  std::uint32_t ttl_s = 0;         // the smallest one; 0 for what does not come from a name server
  std::string name;                // what was asked last, with the suffix of the search list, without a final dot
  bool incomplete = false;         // found, but for one of the families there was no answer
};

// Which addresses to ask for; at least one.
struct Families {
  bool ipv4 = true;
  bool ipv6 = true;
};

class Resolver final : private Loop::Deferred {
 public:
  struct Settings {
    std::string resolv_conf = "/etc/resolv.conf";
    std::string hosts = "/etc/hosts";
    std::uint32_t straggler_ms = 200;  // how long a found IPv4 address waits for the answer about IPv6
  };
  using Done = std::move_only_function<void(LookupResult)>;

  // What is wrong with this file of name servers, a sentence; empty when it can be used.
  static std::string problem_of(const std::string& resolv_conf);

  Resolver(Loop& loop, Settings settings);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  // A name that ends in a dot is complete: the search list is left alone.
  void resolve(std::string_view name, Families families, Done done);

 private:
  class Channel;
  struct Query;
  struct Lookup;
  struct Finished {
    Done done;
    LookupResult result;
  };

  bool answer_locally(std::string_view name, Families families, Done& done);
  Channel* current_channel();
  void finish(Done done, LookupResult result);
  void go_on_later();
  void next_turn() override;

  Loop& loop_;
  Settings settings_;
  HostsFile hosts_;
  ResolvConfFile resolv_conf_;
  std::vector<Finished> finished_;
  std::vector<std::unique_ptr<Channel>> channels_;  // the last one is used; those before it end with their queries
};

}  // namespace nuncio
