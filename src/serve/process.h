// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The process: opens the sockets, starts the threads, waits for signals, ends in order (README: SIGTERM and SIGINT drain, SIGHUP
// reloads, SIGUSR1 reopens the access log).
#pragma once

#include "serve/settings.h"

namespace nuncio::serve {

// Runs until it is told to stop. Returns the exit status: 0, or 2 when it could not start; the sentence why has been logged.
int run(const Settings& settings);

}  // namespace nuncio::serve
