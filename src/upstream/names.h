// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// A worker's view of the names of upstreams: the last answer of the name service for each, and who waits for the first one. Answers
// come by posts from the control thread; requests only look (spec README "names": one entry per name, not per cluster).
//
// THREAD: one worker's loop.
#pragma once

#include <map>
#include <string>

#include "base/intrusive_list.h"
#include "base/task.h"
#include "net/name_answer.h"

namespace nuncio::upstream {

class Name {
 public:
  // Somebody who waits for the first answer. Completes when there is one, good or bad.
  class Waiter : public ListHook {
   public:
    Signal<bool> answered;
  };

  // null: never answered yet
  const NameAnswerPtr& answer() const { return answer_; }
  void wait(Waiter& waiter) { waiters_.push_back(waiter); }
  void set(NameAnswerPtr answer);

 private:
  NameAnswerPtr answer_;
  List<Waiter> waiters_;
};

class Names {
 public:
  // The entry of a name; made when it is new. Entries stay where they are.
  Name& entry(const NameKey& key) { return names_[key]; }
  void set(const NameKey& key, NameAnswerPtr answer) { names_[key].set(std::move(answer)); }
  // REQUIRES: no cluster refers to the entry
  void forget(const NameKey& key) { names_.erase(key); }
  // A literal address never waits.
  static NameAnswerPtr literal(const Address& address);

 private:
  std::map<NameKey, Name> names_;
};

}  // namespace nuncio::upstream
