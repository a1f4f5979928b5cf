// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "upstream/names.h"

#include <utility>

namespace nuncio::upstream {

void Name::set(NameAnswerPtr answer) {
  answer_ = std::move(answer);
  const task::Batch batch;
  while (Waiter* waiter = waiters_.pop_front()) waiter->answered.complete(true);
}

NameAnswerPtr Names::literal(const Address& address) {
  auto answer = std::make_shared<NameAnswer>();
  answer->addresses.push_back(address);
  answer->name = address.host_text();
  return answer;
}

}  // namespace nuncio::upstream
