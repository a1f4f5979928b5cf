// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "observe/access_line.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

using namespace nuncio;
using namespace nuncio::observe;

namespace {

AccessRecord sample() {
  AccessRecord record;
  record.start_ms = 1767225599007;  // 2025-12-31T23:59:59.007Z
  record.client = "192.0.2.7";
  record.method = "GET";
  record.host = "example.org:8080";
  record.path = "/httpbin/get?x=1";
  record.protocol = "HTTP/1.1";
  record.forwarded_for = "192.0.2.7";
  record.user_agent = "curl/8.0";
  record.request_id = "4c6e";
  record.status = 200;
  record.mapping = "default/httpbin";
  record.cluster = "httpbin.org:80";
  record.upstream = "127.0.0.1:9000";
  record.bytes_received = 12;
  record.bytes_sent = 34567;
  record.duration_us = 5999;
  record.upstream_us = 4000;
  return record;
}

// Exactly as much memory as the bound promises, so that AddressSanitizer sees a byte too many.
template <class Write>
std::string line_of(Write write, const AccessRecord& record) {
  std::vector<char> memory(access_line_bound(record));
  TimestampCache timestamps;
  const char* const end = write(memory.data(), record, timestamps);
  const auto size = static_cast<std::size_t>(end - memory.data());
  REQUIRE(size <= memory.size());
  REQUIRE(memory.size() <= kMaxAccessLineBytes);
  return {memory.data(), size};
}
std::string text_of(const AccessRecord& record) {
  return line_of(write_text_line, record);
}
std::string json_of(const AccessRecord& record) {
  return line_of(write_json_line, record);
}

bool is_one_line(const std::string& line) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !line.empty() && line.back() == '\n' && std::none_of(line.begin(), line.end() - 1, control);
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  static constexpr std::string_view kNasty = "\"\\\n\r\t\x1b {}:,[]\x7f\xc2\x85\xe2\x80\xa8\xed\xa0\x80\xf0\x9f\x98\x80\xff";
  std::string bytes;
  while (bytes.size() < size) {
    const unsigned draw = random() % 4;
    bytes += draw == 0   ? static_cast<char>(random() % 256)
             : draw == 1 ? kNasty[random() % kNasty.size()]
                         : static_cast<char>('a' + random() % 26);
  }
  return bytes;
}

}  // namespace

TEST_CASE("access line: text") {
  CHECK(
      text_of(sample()) ==
      "ACCESS [2025-12-31T23:59:59.007Z] \"GET /httpbin/get?x=1 HTTP/1.1\" 200 completed 12 34567 5 4 \"192.0.2.7\" \"curl/8.0\" \"4c6e\" "
      "\"example.org:8080\" \"127.0.0.1:9000\" 192.0.2.7 \"default/httpbin\" -\n");
}

TEST_CASE("access line: text of a request of which nothing is known") {
  AccessRecord record;
  record.status = 408;
  record.reason = CloseReason::head_timeout;
  CHECK(text_of(record) ==
        "ACCESS [1970-01-01T00:00:00.000Z] \"- - -\" 408 head_timeout 0 0 0 - \"-\" \"-\" \"-\" \"-\" \"-\" - \"-\" DPE\n");
}

TEST_CASE("access line: JSON") {
  const auto json = nlohmann::ordered_json::parse(json_of(sample()));
  const auto expected = nlohmann::ordered_json::parse(R"({
    "start_time": "2025-12-31T23:59:59.007Z", "method": "GET", "path": "/httpbin/get?x=1", "protocol": "HTTP/1.1",
    "response_code": 200, "response_flags": "completed", "bytes_received": 12, "bytes_sent": 34567, "duration": 5,
    "upstream_service_time": 4, "x_forwarded_for": "192.0.2.7", "user_agent": "curl/8.0", "request_id": "4c6e",
    "authority": "example.org:8080", "upstream_host": "127.0.0.1:9000", "upstream_cluster": "httpbin.org:80",
    "downstream_remote_address": "192.0.2.7", "reason": "completed", "flags": "-", "mapping": "default/httpbin"})");
  CHECK(json == expected);
}

TEST_CASE("access line: JSON of what is not there") {
  AccessRecord record;
  record.status = 499;
  record.reason = CloseReason::client_closed;
  const auto json = nlohmann::json::parse(json_of(record));
  CHECK(json["upstream_service_time"].is_null());
  CHECK(json["upstream_host"] == "-");
  CHECK(json["reason"] == "client_closed");
  CHECK(json["flags"] == "DC");
}

TEST_CASE("access line: time stamps") {
  struct Case {
    std::int64_t ms;
    std::string_view text;
  };
  const Case cases[] = {
      {0, "1970-01-01T00:00:00.000Z"},
      {-5, "1970-01-01T00:00:00.000Z"},
      {951782399999, "2000-02-28T23:59:59.999Z"},
      {951782400000, "2000-02-29T00:00:00.000Z"},
      {4107542400010, "2100-03-01T00:00:00.010Z"},
      {253402300799999, "9999-12-31T23:59:59.999Z"},
      {INT64_MAX, "9999-12-31T23:59:59.999Z"},
  };
  TimestampCache timestamps;
  for (const Case& c : cases) {
    char out[kTimestampBytes];
    CHECK(timestamps.write(out, c.ms) == out + kTimestampBytes);
    CHECK(std::string_view(out, sizeof out) == c.text);
  }
}

TEST_CASE("access line: a value cannot end its quotes or its line") {
  struct Case {
    std::string_view value;
    std::string_view text;
    std::string_view json;  // as it stands in the line
  };
  const Case cases[] = {
      {"a\"b\\c", "a\\x22b\\x5cc", "a\\\"b\\\\c"},
      {"x\r\nACCESS [forged]", "x\\x0d\\x0aACCESS [forged]", "x\\u000d\\u000aACCESS [forged]"},
      {"\x1b[31m", "\\x1b[31m", "\\u001b[31m"},
      {"caf\xc3\xa9", "caf\\xc3\\xa9", "caf\xc3\xa9"},
      {"\xff\xfe", "\\xff\\xfe", "\\ufffd\\ufffd"},
      {"12345\xc3", "12345\\xc3", "12345\\ufffd"},
      {"1234567\xc3\xa9 9", "1234567\\xc3\\xa9 9", "1234567\xc3\xa9 9"},
      {"\xc2\x85\xe2\x80\xa8", "\\xc2\\x85\\xe2\\x80\\xa8", "\\u0085\\u2028"},
      {"\x7f", "\\x7f", "\\u007f"},
  };
  for (const Case& c : cases) {
    AccessRecord record = sample();
    record.user_agent = c.value;
    CHECK(text_of(record).find("\"" + std::string(c.text) + "\" \"4c6e\"") != std::string::npos);
    CHECK(json_of(record).find("\"user_agent\":\"" + std::string(c.json) + "\",") != std::string::npos);
  }
}

TEST_CASE("access line: a value without quotes has no blank") {
  AccessRecord record = sample();
  record.client = "1.2.3.4 \"x\"";
  CHECK(text_of(record).find(" 1.2.3.4\\x20\\x22x\\x22 \"default") != std::string::npos);
}

TEST_CASE("access line: long values are cut") {
  AccessRecord record = sample();
  const std::string path(3 * kMaxPathBytes, '/');
  const std::string agent(kMaxValueBytes + 1, 'u');
  const std::string fits(kMaxValueBytes, 'r');
  record.path = path;
  record.user_agent = agent;
  record.request_id = fits;
  const auto json = nlohmann::json::parse(json_of(record));
  CHECK(json["path"] == std::string(kMaxPathBytes, '/') + "...");
  CHECK(json["user_agent"] == std::string(kMaxValueBytes, 'u') + "...");
  CHECK(json["request_id"] == fits);
  CHECK(is_one_line(text_of(record)));
}

TEST_CASE("access line: the worst line stays within its bound") {
  const std::string worst(2 * kMaxPathBytes, '\x01');
  AccessRecord record;
  for (auto* view : {&record.client, &record.method, &record.host, &record.path, &record.protocol, &record.forwarded_for,
                     &record.user_agent, &record.request_id, &record.mapping, &record.cluster, &record.upstream}) {
    *view = worst;
  }
  record.start_ms = INT64_MAX;
  record.status = INT32_MAX;
  record.bytes_received = record.bytes_sent = UINT64_MAX;
  record.duration_us = record.upstream_us = INT64_MAX;
  for (std::size_t i = 0; i < kCloseReasonCount; ++i) {
    record.reason = static_cast<CloseReason>(i);
    CHECK(is_one_line(text_of(record)));
    CHECK(nlohmann::json::accept(json_of(record)));
  }
}

TEST_CASE("access line: random bytes give one line, and valid JSON") {
  std::mt19937 random(20260101);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> values;
    for (int i = 0; i < 11; ++i) values.push_back(random_bytes(random, random() % 40));
    AccessRecord record;
    std::size_t next = 0;
    for (auto* view : {&record.client, &record.method, &record.host, &record.path, &record.protocol, &record.forwarded_for,
                       &record.user_agent, &record.request_id, &record.mapping, &record.cluster, &record.upstream}) {
      *view = values[next++];
    }
    const std::string text = text_of(record);
    REQUIRE(is_one_line(text));
    REQUIRE(std::ranges::count(text, '"') == 14);
    REQUIRE(std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));
    const std::string json = json_of(record);
    REQUIRE(is_one_line(json));
    REQUIRE(nlohmann::json::parse(json).size() == 20);
  }
}
