// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// How many CPUs the process may use: the smallest of its affinity mask and the quotas of its control group and the groups above it
// (v2 `cpu.max`, v1 `cpu.cfs_quota_us` / `cpu.cfs_period_us`). A part of a CPU counts as one: two loops with 1.5 CPUs are only held
// back when both are busy, one loop could never use the half. Never less than 1.
#pragma once

#include <filesystem>

namespace nuncio::cli {

// `root` is where /proc and /sys/fs/cgroup are looked for; tests give a directory of their own.
unsigned available_cpus(const std::filesystem::path& root = "/");

// the quota alone; 0 when there is none
unsigned cgroup_cpus(const std::filesystem::path& root);

}  // namespace nuncio::cli
