// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "cli/cpu_quota.h"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/text.h"

namespace nuncio::cli {

namespace {

namespace fs = std::filesystem;

std::string first_word_of(std::ifstream& file) {
  std::string word;
  file >> word;
  return word;
}

// 0: no quota, or none that can be read
unsigned cpus_of(std::string_view quota, std::string_view period) {
  const auto quota_us = parse_decimal(quota);
  const auto period_us = parse_decimal(period);
  if (!quota_us || !period_us || *quota_us == 0 || *period_us == 0) return 0;
  const std::uint64_t cpus = *quota_us / *period_us + (*quota_us % *period_us != 0 ? 1 : 0);
  return static_cast<unsigned>(std::min<std::uint64_t>(cpus, 1U << 16));
}

// v2: "MAX PERIOD" in one file, "max 100000" without a quota
unsigned read_v2(const fs::path& group) {
  std::ifstream file(group / "cpu.max");
  const std::string quota = first_word_of(file);
  return cpus_of(quota, first_word_of(file));
}

// v1: two files, "-1" without a quota
unsigned read_v1(const fs::path& group) {
  std::ifstream quota(group / "cpu.cfs_quota_us");
  std::ifstream period(group / "cpu.cfs_period_us");
  return cpus_of(first_word_of(quota), first_word_of(period));
}

unsigned smaller_quota(unsigned a, unsigned b) {
  return a == 0 ? b : b == 0 ? a : std::min(a, b);
}

// The group may be given as the host sees it while only its own part is mounted here (a container without a cgroup name space): then no
// directory on the way down exists, and the top of the mount is the group itself.
unsigned smallest_on_the_way(const fs::path& top, const fs::path& group, unsigned (*read)(const fs::path&)) {
  unsigned smallest = read(top);
  fs::path here = top;
  for (const fs::path& part : group.relative_path()) {
    if (part == "..") break;
    here /= part;
    smallest = smaller_quota(smallest, read(here));
  }
  return smallest;
}

bool names_cpu(std::string_view controllers) {
  return !for_each_list_element(controllers, [](std::string_view name) { return name != "cpu"; });
}

}  // namespace

unsigned cgroup_cpus(const fs::path& root) {
  unsigned smallest = 0;
  const fs::path mount = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "ID:CONTROLLERS:PATH", v2 has no controllers
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) {
      smallest = smaller_quota(smallest, smallest_on_the_way(mount, group, read_v2));
      smallest = smaller_quota(smallest, smallest_on_the_way(mount / "unified", group, read_v2));
    } else if (names_cpu(controllers)) {
      smallest = smaller_quota(smallest, smallest_on_the_way(mount / controllers, group, read_v1));
      if (controllers != "cpu") smallest = smaller_quota(smallest, smallest_on_the_way(mount / "cpu", group, read_v1));
    }
  }
  return smallest;
}

unsigned available_cpus(const fs::path& root) {
  cpu_set_t set;
  CPU_ZERO(&set);
  unsigned cpus = std::thread::hardware_concurrency();
  if (::sched_getaffinity(0, sizeof set, &set) == 0) cpus = static_cast<unsigned>(CPU_COUNT(&set));
  return std::max(1U, smaller_quota(cpus, cgroup_cpus(root)));
}

}  // namespace nuncio::cli
