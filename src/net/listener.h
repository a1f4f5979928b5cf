// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Accepts connections on one loop and hands each to its owner. Bounded per turn. When the process has no descriptors left
// (EMFILE, ENFILE, no memory) accepting pauses for 100 ms instead of spinning; the owner hears of each pause. Owns the socket.
#pragma once

#include <functional>

#include "net/deadlines.h"
#include "net/loop.h"
#include "net/socket.h"

namespace nuncio {

class Listener {
 public:
  class Owner {
   public:
    virtual void accepted(Fd connection, const Address& peer) = 0;
    virtual void accepting_paused(int code) = 0;
    // Takes a place for one connection; false: there is none at the moment (the owner's own limit), and accepting pauses likewise.
    virtual bool take_place() = 0;
    // the place was not needed: nobody came
    virtual void give_place_back() = 0;

   protected:
    ~Owner() = default;
  };

  Listener(Loop& loop, Fd socket, Owner& owner);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Accepts what has already come in, then closes the socket (drain).
  void close();
  bool open() const { return static_cast<bool>(socket_); }

 private:
  void on_readable();
  bool accept_one();
  void pause();
  void resume();

  Loop& loop_;
  Fd socket_;
  Owner& owner_;
  EventPtr event_;
  Deadline retry_;
};

}  // namespace nuncio
