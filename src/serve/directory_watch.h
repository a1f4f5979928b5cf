// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Tells when the configuration directory has changed: inotify on the directory itself, never on files, so that a file written in
// place, renamed over or removed and the swap of a `..data` link are all seen. Changes that come close together are one. When the
// directory is not there, or has gone, it is looked for every two seconds.
//
// THREAD: the control loop.
#pragma once

#include <functional>
#include <string>

#include "net/deadlines.h"
#include "net/loop.h"
#include "net/socket.h"

namespace nuncio::serve {

class DirectoryWatch {
 public:
  DirectoryWatch(Loop& loop, std::string directory, std::function<void()> changed);
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;

 private:
  void on_readable();
  bool begin();
  void on_settled();
  void on_retry();

  Loop& loop_;
  std::string directory_;
  std::function<void()> changed_;
  Fd inotify_;
  EventPtr event_;
  int watch_ = -1;
  Deadline settled_;
  Deadline retry_;
};

}  // namespace nuncio::serve
