// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "unit/net/scripted_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/text.h"

namespace nuncio::test {

namespace {

constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kAaaa = 28;
constexpr std::uint16_t kCname = 5;

std::string number16(std::size_t value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}
std::string number32(std::uint32_t value) {
  return number16(value >> 16) + number16(value & 0xffff);
}

std::string wire_name(std::string_view name) {
  std::string wire;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('.'), name.size());
    wire += static_cast<char>(end);
    wire += name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return wire + '\0';
}

std::string record(const std::string& owner, std::uint16_t type, std::uint32_t ttl, const std::string& data) {
  return owner + number16(type) + number16(1) + number32(ttl) + number16(data.size()) + data;
}

std::string address_record(const std::string& owner, std::uint16_t type, std::uint32_t ttl, const std::string& text) {
  const int family = type == kA ? AF_INET : AF_INET6;
  std::array<char, 16> data{};
  if (inet_pton(family, text.c_str(), data.data()) != 1) return {};
  return record(owner, type, ttl, std::string(data.data(), type == kA ? 4 : 16));
}

struct Question {
  std::string name;
  std::uint16_t type = 0;
  std::size_t end = 0;  // of the question section
};

std::optional<Question> read_question(const std::string& message) {
  Question question;
  std::size_t at = 12;
  while (at < message.size() && message[at] != 0) {
    const auto size = static_cast<unsigned char>(message[at]);
    if (!question.name.empty()) question.name += '.';
    question.name += lower_case(message.substr(at + 1, size));
    at += size + 1U;
  }
  if (at + 5 > message.size()) return std::nullopt;
  question.type =
      static_cast<std::uint16_t>(static_cast<unsigned char>(message[at + 1]) << 8 | static_cast<unsigned char>(message[at + 2]));
  question.end = at + 5;
  return question;
}

std::string message_of(const std::string& query, const Question& question, unsigned flags, const std::vector<std::string>& records) {
  std::string message = query.substr(0, 2) + number16(flags) + number16(1) + number16(records.size()) + number16(0) + number16(0);
  message += query.substr(12, question.end - 12);
  for (const std::string& item : records) message += item;
  return message;
}

std::vector<std::string> records_of(const DnsSays& says, const Question& question) {
  std::vector<std::string> records;
  std::string owner = "\xc0\x0c";  // the name in the question
  if (!says.alias.empty()) {
    records.push_back(record(owner, kCname, says.alias_ttl_s, wire_name(says.alias)));
    owner = wire_name(says.alias);
  }
  for (const std::string& text : says.addresses) {
    const bool ipv6 = text.find(':') != std::string::npos;
    if (question.type == (ipv6 ? kAaaa : kA)) records.push_back(address_record(owner, question.type, says.ttl_s, text));
  }
  if (says.garbage) records.push_back(owner + number16(question.type) + number16(1) + number32(60) + number16(60000) + "x");
  return records;
}

Fd bound_socket(int type, std::uint16_t port) {
  Fd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const Address address = *Address::literal("127.0.0.1", port);
  if (::bind(fd.get(), address.get(), address.size()) != 0) fd.reset();
  return fd;
}

}  // namespace

ScriptedDns::ScriptedDns() : stop_(eventfd(0, EFD_CLOEXEC)) {
  for (int attempt = 0; attempt < 50 && !tcp_; ++attempt) {  // a port that is free for UDP may be taken for TCP
    udp_ = bound_socket(SOCK_DGRAM, 0);
    port_ = local_address(udp_.get()).port();
    tcp_ = bound_socket(SOCK_STREAM, port_);
  }
  if (!tcp_ || ::listen(tcp_.get(), 16) != 0) throw std::runtime_error("no port for a name server");
  thread_ = std::thread([this] { serve(); });
}

ScriptedDns::~ScriptedDns() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void ScriptedDns::say(const std::string& name, DnsSays answer) {
  const std::lock_guard lock(mutex_);
  script_[name] = std::move(answer);
}

void ScriptedDns::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  script_.erase(name);
}

std::vector<std::string> ScriptedDns::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

std::size_t ScriptedDns::times_asked(const std::string& question) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count(asked_, question));
}

void ScriptedDns::clear_record() {
  const std::lock_guard lock(mutex_);
  asked_.clear();
}

void ScriptedDns::serve() {
  for (;;) {
    std::array<pollfd, 3> ready = {pollfd{stop_.get(), POLLIN, 0}, pollfd{udp_.get(), POLLIN, 0}, pollfd{tcp_.get(), POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0) continue;
    if (ready[0].revents != 0) return;
    if (ready[1].revents != 0) serve_udp();
    if (ready[2].revents == 0) continue;
    const Fd connection(::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection) serve_tcp(connection.get());
  }
}

void ScriptedDns::serve_udp() {
  std::array<char, 4096> buffer;
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const ssize_t got = ::recvfrom(udp_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&peer), &size);
  if (got <= 0) return;
  const std::string reply = answer(std::string(buffer.data(), static_cast<std::size_t>(got)), false);
  if (!reply.empty()) ::sendto(udp_.get(), reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&peer), size);
}

// One connection at a time, until the client closes it or says nothing for a while.
void ScriptedDns::serve_tcp(int connection) {
  const timeval patience{2, 0};
  ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<unsigned char, 2> length{};
  while (::recv(connection, length.data(), length.size(), MSG_WAITALL) == 2) {
    std::string query(static_cast<std::size_t>(length[0] << 8 | length[1]), '\0');
    if (::recv(connection, query.data(), query.size(), MSG_WAITALL) != static_cast<ssize_t>(query.size())) return;
    std::string reply = answer(query, true);
    if (reply.empty()) return;
    reply.insert(0, number16(reply.size()));
    if (::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) return;
  }
}

std::string ScriptedDns::answer(const std::string& query, bool tcp) {
  const auto question = read_question(query);
  if (!question) return {};
  const std::string type = question->type == kA ? "A" : question->type == kAaaa ? "AAAA" : "?";
  const std::lock_guard lock(mutex_);
  asked_.push_back(question->name + " " + type + (tcp ? " tcp" : " udp"));
  auto found = script_.find(question->name + " " + type);
  if (found == script_.end()) found = script_.find(question->name);
  if (found == script_.end()) return message_of(query, *question, 0x8583, {});
  const DnsSays& says = found->second;
  if (says.silent) return {};
  if (says.truncated && !tcp) return message_of(query, *question, 0x8780, {});
  const unsigned flags = 0x8580U | static_cast<unsigned>(says.code);
  return message_of(query, *question, flags, records_of(says, *question));
}

TemporaryFile::TemporaryFile(const std::string& text) {
  std::string pattern = (std::filesystem::temp_directory_path() / "nuncio-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = pattern;
  path_ = directory_ + "/file";
  replace(text);
}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void TemporaryFile::replace(const std::string& text) const {
  const std::string fresh = directory_ + "/fresh";
  std::ofstream(fresh) << text;
  std::filesystem::rename(fresh, path_);
}

}  // namespace nuncio::test
