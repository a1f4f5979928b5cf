// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// The listening sockets of the process: for each TCP address one per worker (SO_REUSEPORT, the kernel deals the connections out), for a
// unix path one that all workers share (architecture 3.1 rule 10). A port that another process holds is an error, also when that
// process is another nuncio.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "net/socket.h"

namespace nuncio::serve {

struct Sockets {
  std::vector<Fd> per_worker;
  Address bound;  // with the real port when 0 was asked for
};

// The error is a sentence for the user.
std::expected<Sockets, std::string> open_sockets(const Address& address, unsigned workers);

// Raises the soft limit of open files to the hard one; returns it.
std::size_t raise_descriptor_limit();

}  // namespace nuncio::serve
