// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// What is known about the addresses behind an upstream's name, at one moment. Made on the control thread, immutable, published to every
// worker apart from the routes (architecture 3.1 rule 5).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/socket.h"

namespace nuncio {

struct NameAnswer {
  std::vector<Address> addresses;  // port 0; empty: the name does not resolve, `problem` says why
  std::string name;                // the candidate that answered, as it was asked (search suffix included)
  std::string problem;             // "no such name", "no answer from any name server", … ; empty when there are addresses
};

using NameAnswerPtr = std::shared_ptr<const NameAnswer>;

// Names to try in order of preference ("web.shop", then "web"); the key of everything that concerns them.
using NameKey = std::vector<std::string>;

}  // namespace nuncio
