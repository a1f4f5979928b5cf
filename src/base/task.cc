// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "base/task.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "base/sanitizer.h"

namespace nuncio {

namespace task {

namespace {

constexpr std::size_t kClassBytes = 64;
constexpr std::size_t kClasses = 64;  // frames up to 4 KiB are pooled

struct FreeFrame {
  FreeFrame* next;
};

// The driver of one thread: what runs next, and the free frames. It is the only state of this module, and no other thread sees it.
struct Driver {
  bool running = false;
  std::coroutine_handle<> next;                // continuation of the child that has just finished
  std::coroutine_handle<> dead;                // a child of a Scope that has just finished
  std::vector<std::coroutine_handle<>> woken;  // in order
  std::size_t first_woken = 0;
  FreeFrame* free[kClasses] = {};

  ~Driver() {
    for (FreeFrame*& list : free) {
      while (list != nullptr) std::free(std::exchange(list, list->next));
    }
  }

  std::coroutine_handle<> take_next() {
    if (next) return std::exchange(next, {});
    if (first_woken < woken.size()) return woken[first_woken++];
    woken.clear();
    first_woken = 0;
    return {};
  }

  void run(std::coroutine_handle<> handle) {
    running = true;
    while (handle) {
      handle.resume();
      if (dead) std::exchange(dead, {}).destroy();
      handle = take_next();
    }
    running = false;
  }
};

Driver& driver() {
  thread_local Driver instance;
  return instance;
}

}  // namespace

void wake(std::coroutine_handle<> handle) {
  Driver& self = driver();
  if (self.running) {
    self.woken.push_back(handle);
  } else {
    self.run(handle);
  }
}

void start(std::coroutine_handle<> handle) {
  Driver& self = driver();
  if (!self.running) return self.run(handle);
  handle.resume();  // inside another coroutine: the driver below it takes care of what this leaves behind
  if (self.dead) std::exchange(self.dead, {}).destroy();
}

Batch::Batch() : owner_(!driver().running) {
  driver().running = true;
}

Batch::~Batch() {
  if (owner_) driver().run(driver().take_next());
}

void resume_after_this(std::coroutine_handle<> handle) noexcept {
  driver().next = handle;
}
void destroy_after_this(std::coroutine_handle<> handle) noexcept {
  driver().dead = handle;
}

void* take_frame(std::size_t bytes) {
  const std::size_t size_class = (bytes - 1) / kClassBytes;
  if (kPoolsKeepMemory && size_class < kClasses) {
    FreeFrame*& list = driver().free[size_class];
    if (list != nullptr) return std::exchange(list, list->next);
    bytes = (size_class + 1) * kClassBytes;
  }
  void* frame = std::malloc(bytes);
  if (frame == nullptr) std::abort();
  return frame;
}

void free_frame(void* frame, std::size_t bytes) noexcept {
  const std::size_t size_class = (bytes - 1) / kClassBytes;
  if (!kPoolsKeepMemory || size_class >= kClasses) return std::free(frame);
  FreeFrame*& list = driver().free[size_class];
  list = std::construct_at(static_cast<FreeFrame*>(frame), list);
}

void exception_escaped() noexcept {
  std::fputs("nuncio: an exception reached a coroutine; this is a bug\n", stderr);
  std::abort();
}

void PromiseBase::finished(std::coroutine_handle<> self) noexcept {
  if (scope != nullptr) {
    destroy_after_this(self);
    scope->child_finished();
  } else if (!inline_start) {
    resume_after_this(continuation);
  }
}

}  // namespace task

void Cancel::cancel(Error error) {
  if (error_) return;
  error_ = error;
  if (target_ != nullptr) std::exchange(target_, nullptr)->cancelled(error);
}

Scope::~Scope() {
  if (running_ != 0) std::abort();  // a child would go on with references to what is being destroyed
}

void Scope::start(Task<void> child) {
  auto handle = std::exchange(child.handle_, {});
  handle.promise().scope = this;
  ++running_;
  task::start(handle);
}

void Scope::child_finished() noexcept {
  --running_;
  if (running_ == 0 && joiner_ != nullptr) std::exchange(joiner_, nullptr)->finish();
}

}  // namespace nuncio
