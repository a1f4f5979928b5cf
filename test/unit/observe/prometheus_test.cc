// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "observe/prometheus.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace nuncio;
using namespace nuncio::observe;

namespace {

// Reads the exposition format strictly (names, escapes, one head per family directly before its samples, no series twice, histograms
// that add up) and keeps the samples: "name{labels}" → value.
class Exposition {
 public:
  explicit Exposition(const std::string& text) {
    if (text.empty() || text.back() != '\n') complain("the text does not end in a line feed");
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) read(line);
    for (const auto& [name, type] : types_) {
      if (type == "histogram") check_histogram(name);
    }
  }
  const std::vector<std::string>& complaints() const { return complaints_; }
  bool has(const std::string& series) const { return samples_.contains(series); }
  double value(const std::string& series) const { return has(series) ? samples_.at(series) : -1; }
  const std::map<std::string, double>& samples() const { return samples_; }
  std::string type(const std::string& name) const { return types_.contains(name) ? types_.at(name) : ""; }

 private:
  void complain(const std::string& what) { complaints_.push_back(what); }

  void read(const std::string& line) {
    std::string_view rest = line;
    if (take(rest, "# HELP ")) {
      helped_ = take_name(rest, ":");
      if (helped_.empty() || rest.size() < 2 || rest.front() != ' ') complain("not a HELP line: " + line);
    } else if (take(rest, "# TYPE ")) {
      family_ = take_name(rest, ":");
      if (helped_ != family_) complain("TYPE without HELP: " + line);
      if (rest != " counter" && rest != " gauge" && rest != " histogram") complain("not a type: " + line);
      if (!types_.emplace(family_, rest.substr(std::min<std::size_t>(1, rest.size()))).second) complain("a family twice: " + line);
    } else {
      read_sample(line);
    }
  }

  void read_sample(const std::string& line) {
    std::string_view rest = line;
    const std::string name = take_name(rest, ":");
    if (name.empty() || !skip_labels(rest)) return complain("not a sample: " + line);
    const std::string series = line.substr(0, line.size() - rest.size());
    if (!take(rest, " ") || !is_number(rest)) return complain("not a value: " + line);
    check_sample(name);
    if (!samples_.emplace(series, std::stod(std::string(rest))).second) complain("a series twice: " + line);
  }

  static bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
  }

  // [a-zA-Z_…][a-zA-Z0-9_…]*, or nothing
  static std::string take_name(std::string_view& text, std::string_view more) {
    std::size_t size = 0;
    for (; size < text.size(); ++size) {
      const char c = text[size];
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || more.find(c) != std::string_view::npos;
      if (!letter && (size == 0 || c < '0' || c > '9')) break;
    }
    const std::string name(text.substr(0, size));
    text.remove_prefix(size);
    return name;
  }

  // {name="value",…} with \\, \" and \n as the only escapes; nothing is right, too
  static bool skip_labels(std::string_view& text) {
    if (!take(text, "{")) return true;
    do {
      if (take_name(text, "").empty() || !take(text, "=\"")) return false;
      while (!text.empty() && text.front() != '"') {
        if (text.front() == '\\' && !text.starts_with("\\\\") && !text.starts_with("\\\"") && !text.starts_with("\\n")) return false;
        text.remove_prefix(text.front() == '\\' ? 2 : 1);
      }
      if (!take(text, "\"")) return false;
    } while (take(text, ","));
    return take(text, "}");
  }

  static bool is_number(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789";
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    const std::string_view part = text.substr(std::min(point + 1, text.size()));
    const bool digits =
        whole.find_first_not_of(kDigits) == std::string_view::npos && part.find_first_not_of(kDigits) == std::string_view::npos;
    return digits && !whole.empty() && (point == text.size() || !part.empty());
  }

  void check_sample(const std::string& name) {
    const std::string type = types_.contains(family_) ? types_.at(family_) : "";
    const bool part = type == "histogram" && (name == family_ + "_bucket" || name == family_ + "_sum" || name == family_ + "_count");
    const bool whole = type != "histogram" && name == family_;
    if (!part && !whole) complain("a sample outside its family: " + name);
    const bool total = name.ends_with("_total") || name.ends_with("_rq_xx");  // the latter: as Envoy calls it
    if ((type == "counter") != total) complain("name and type disagree: " + name);
  }

  void check_histogram(const std::string& name) {
    double last = 0;
    double last_bound = -1;
    std::size_t buckets = 0;
    std::map<double, double> by_bound;
    const std::string prefix = name + "_bucket{le=\"";
    for (const auto& [series, value] : samples_) {
      if (series.starts_with(prefix)) by_bound[std::stod(series.substr(prefix.size()))] = value;
    }
    for (const auto& [bound, value] : by_bound) {
      if (bound <= last_bound || value < last) complain("buckets do not grow: " + name);
      last = value;
      last_bound = bound;
      ++buckets;
    }
    if (buckets < 2 || !samples_.contains(prefix + "+Inf\"}")) complain("no +Inf: " + name);
    if (value(name + "_count") != last || !samples_.contains(name + "_sum")) complain("count or sum: " + name);
  }

  std::vector<std::string> complaints_;
  std::map<std::string, std::string> types_;
  std::map<std::string, double> samples_;
  std::string helped_;
  std::string family_;
};

struct World {
  World() : registry(2) {
    for (auto& worker : workers) pointers.push_back(&worker);
  }
  std::shared_ptr<const CounterRegistry::Binding> bind(const std::vector<model::Identity>& identities) {
    std::vector<const model::Identity*> list;
    for (const auto& identity : identities) list.push_back(&identity);
    return registry.bind(list);
  }
  std::string text() const {
    Scrape scrape;
    scrape.version = "1.2.3";
    scrape.ambassador_id = "default";
    scrape.ns = "shop";
    scrape.start_unix_ms = 1700000000123;
    scrape.now_unix_ms = 1700000012999;
    scrape.ready = true;
    scrape.workers = pointers;
    scrape.mappings = &registry;
    scrape.process = &process;
    scrape.log_lines_dropped = 9;
    return prometheus_text(scrape);
  }

  WorkerCounters workers[2];
  std::vector<const WorkerCounters*> pointers;
  CounterRegistry registry;
  ProcessCounters process;
};

}  // namespace

TEST_CASE("prometheus: the checker of these tests sees what is wrong") {
  const std::string head = "# HELP a_total x\n# TYPE a_total counter\n";
  CHECK(Exposition(head + "a_total 1\n").complaints().empty());
  CHECK(Exposition(head + "a_total{l=\"q\\\"\\\\\\n\"} 1\n").complaints().empty());
  for (const std::string body : {"a_total 1", "a_total{l=\"a\"b\"} 1\n", "a_total{l=\"\\x\"} 1\n", "a_total 1\na_total 2\n", "b_total 1\n",
                                 "a_total -1\n", "a_total{} 1\n", "\n"}) {
    CHECK_FALSE(Exposition(head + body).complaints().empty());
  }
  CHECK_FALSE(Exposition("# TYPE a_total counter\na_total 1\n").complaints().empty());
  CHECK_FALSE(Exposition("# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n")
                  .complaints()
                  .empty());
}

TEST_CASE("prometheus: an idle process gives well-formed text") {
  const World world;
  const Exposition seen(world.text());
  CHECK(seen.complaints() == std::vector<std::string>{});
  CHECK(seen.value("nuncio_requests_total{code=\"2xx\"}") == 0);
  CHECK(seen.value("nuncio_workers") == 2);
  CHECK(seen.value("ambassador_diagnostics_info{version=\"1.2.3\",ambassador_id=\"default\",namespace=\"shop\"}") == 1);
  CHECK(seen.value("ambassador_process_start_time_seconds") == doctest::Approx(1700000000.123).epsilon(1e-13));
  CHECK(seen.value("envoy_server_uptime") == 12);
}

TEST_CASE("prometheus: workers are summed") {
  World world;
  const auto binding = world.bind({{"Mapping", "shop", "web"}});
  world.workers[0].count(200, CloseReason::completed, 400, binding->worker(0)[0]);
  world.workers[1].count(200, CloseReason::completed, 2000, binding->worker(1)[0]);
  world.workers[1].count(404, CloseReason::no_route, 3'600'000'000, nullptr);
  world.workers[0].connections_active.up();
  world.workers[1].connections_active.up();
  world.workers[1].client_bytes_sent.add(1000);
  world.process.reloads_applied.add(3);
  world.process.diagnostics_errors.set(4);
  world.process.diagnostics_notices.set(5);
  world.process.last_reload_us.set(1500);

  const Exposition seen(world.text());
  CHECK(seen.complaints() == std::vector<std::string>{});
  const std::pair<std::string, double> expected[] = {
      {"nuncio_requests_total{code=\"2xx\"}", 2},
      {"nuncio_requests_total{code=\"4xx\"}", 1},
      {"nuncio_requests_by_reason_total{reason=\"no_route\"}", 1},
      {"nuncio_mapping_requests_total{namespace=\"shop\",mapping=\"web\",code=\"2xx\"}", 2},
      {"nuncio_mapping_requests_total{namespace=\"shop\",mapping=\"web\",code=\"5xx\"}", 0},
      {"nuncio_request_duration_seconds_bucket{le=\"0.0005\"}", 1},
      {"nuncio_request_duration_seconds_bucket{le=\"0.005\"}", 2},
      {"nuncio_request_duration_seconds_bucket{le=\"600\"}", 2},
      {"nuncio_request_duration_seconds_bucket{le=\"+Inf\"}", 3},
      {"nuncio_request_duration_seconds_count", 3},
      {"nuncio_request_duration_seconds_sum", 3600.0024},
      {"nuncio_connections_active", 2},
      {"nuncio_client_bytes_sent_total", 1000},
      {"nuncio_reloads_total{outcome=\"applied\"}", 3},
      {"nuncio_diagnostics{severity=\"error\"}", 4},
      {"nuncio_diagnostics{severity=\"notice\"}", 5},
      {"nuncio_config_last_reload_seconds", 0.0015},
      {"nuncio_access_log_dropped_total", 9},
      {"ambassador_diagnostics_errors", 4},
      {"ambassador_diagnostics_notices", 5},
      {"envoy_http_downstream_rq_total{envoy_http_conn_manager_prefix=\"ingress_http\"}", 3},
      {"envoy_http_downstream_rq_xx{envoy_response_code_class=\"2\",envoy_http_conn_manager_prefix=\"ingress_http\"}", 2},
  };
  for (const auto& [series, value] : expected) {
    CAPTURE(series);
    CHECK(seen.value(series) == doctest::Approx(value));
  }
}

TEST_CASE("prometheus: names of documents cannot break the format") {
  World world;
  const auto binding = world.bind({{"Mapping", "a\"b", "c\\d\ne\r\x01\xff"}, {"Mapping", "", "idle"}});
  world.workers[0].count(200, CloseReason::completed, 1, binding->worker(0)[0]);
  const Exposition seen(world.text());
  CHECK(seen.complaints() == std::vector<std::string>{});
  CHECK(
      seen.value(
          "nuncio_mapping_requests_total{namespace=\"a\\\"b\",mapping=\"c\\\\d\\ne\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",code=\"2xx\"}") ==
      1);
  for (const auto& [series, value] : seen.samples()) CHECK(series.find("mapping=\"idle\"") == std::string::npos);
}

TEST_CASE("prometheus: every reason and every worker counter has its series") {
  const Exposition seen(World().text());
  for (const CloseReasonInfo& reason : kCloseReasons) {
    CHECK(seen.has("nuncio_requests_by_reason_total{reason=\"" + std::string(reason.word) + "\"}"));
  }
#define NUNCIO_X(name, help) CHECK(seen.type("nuncio_" #name "_total") == "counter");
  NUNCIO_WORKER_COUNTERS(NUNCIO_X)
#undef NUNCIO_X
#define NUNCIO_X(name, help) CHECK(seen.type("nuncio_" #name) == "gauge");
  NUNCIO_WORKER_GAUGES(NUNCIO_X)
#undef NUNCIO_X
}
