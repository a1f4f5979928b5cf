// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// A name server for the tests, UDP and TCP on one port of 127.0.0.1, in a thread of its own. What it says about a name is scripted;
// names that it does not know are NXDOMAIN. "web.test AAAA" in place of "web.test" scripts one type alone. Everything is recorded.
//
// THREAD: the script and the record may be used from any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/socket.h"

namespace nuncio::test {

struct DnsSays {
  std::vector<std::string> addresses = {};  // none: the name exists, and has no address
  std::uint32_t ttl_s = 60;
  std::string alias = {};  // CNAME to this name, which has the addresses
  std::uint32_t alias_ttl_s = 60;
  int code = 0;  // RCODE; 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED
  bool silent = false;
  bool truncated = false;  // over UDP: nothing but the TC bit
  bool garbage = false;    // a record that is longer than the message
};

class ScriptedDns {
 public:
  ScriptedDns();
  ScriptedDns(const ScriptedDns&) = delete;
  ScriptedDns& operator=(const ScriptedDns&) = delete;
  ~ScriptedDns();

  std::uint16_t port() const { return port_; }
  void say(const std::string& name, DnsSays answer);
  void forget(const std::string& name);
  // "web.test A udp" for each question, in order
  std::vector<std::string> asked() const;
  std::size_t times_asked(const std::string& question) const;
  void clear_record();

 private:
  void serve();
  void serve_udp();
  void serve_tcp(int connection);
  std::string answer(const std::string& question, bool tcp);

  Fd udp_;
  Fd tcp_;
  Fd stop_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, DnsSays> script_;
  std::vector<std::string> asked_;
  std::thread thread_;
};

// A file in a directory of its own, removed with it.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  const std::string& path() const { return path_; }
  // by renaming over, as careful writers do
  void replace(const std::string& text) const;

 private:
  std::string directory_;
  std::string path_;
};

}  // namespace nuncio::test
