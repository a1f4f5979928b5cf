// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The process: opens the sockets, starts the threads, waits for signals, ends in order (README: SIGTERM and SIGINT drain, SIGHUP
// reloads, SIGUSR1 reopens the access log).
#pragma once

#include <expected>
#include <string>

#include "serve/settings.h"

namespace nuncio::serve {

// Runs until it is told to stop. The error is the sentence why it could not start.
std::expected<void, std::string> run(const Settings& settings);

}  // namespace nuncio::serve
