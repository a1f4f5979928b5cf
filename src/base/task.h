// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// Coroutines for sequences with deadlines and early exits (architecture 3.4 fixes the dialect; the lint checks it):
//
//   Task<T>    a lazy, move-only sequence; awaited where it is made, or handed to a Scope there
//   Scope      runs tasks beside its owner and is joined before it is left
//   Operation  a leaf: tried at once, tried again when its owner says that something changed, no frame of its own
//   Signal<T>  one value or error, delivered by somebody else to one waiter
//   Cancel     what a wait registers in so that it can be ended early; a cancel with nobody waiting is remembered
//
// A child is resumed in place ("inline start") and tells whether it finished; a child that finishes later leaves its continuation to
// the driver loop. So no symmetric transfer is needed, and the stack stays flat in every build. Nothing is destroyed to cancel it.
//
// THREAD: everything stays on the thread that started it. Frames come from a pool of that thread.
#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>
#include <utility>

#include "nuncio/result.h"

namespace nuncio {

class Scope;

namespace task {

// Resumes `handle` now, or, when a coroutine of this thread is running, right after it has come to a wait.
void wake(std::coroutine_handle<> handle);
// Runs a coroutine that was just made until its first wait, as part of the driver loop.
void start(std::coroutine_handle<> handle);
// While one stands, coroutines that are woken wait until it is gone: for code that wakes several, or that still needs what a woken
// coroutine may destroy.
class Batch {
 public:
  Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch();

 private:
  bool owner_;
};

void resume_after_this(std::coroutine_handle<> handle) noexcept;
void destroy_after_this(std::coroutine_handle<> handle) noexcept;
void* take_frame(std::size_t bytes);
void free_frame(void* frame, std::size_t bytes) noexcept;
[[noreturn]] void exception_escaped() noexcept;

struct PromiseBase {
  static void* operator new(std::size_t bytes) { return take_frame(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept { free_frame(frame, bytes); }

  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> self) noexcept {
      self.promise().finished(self);
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  Final final_suspend() const noexcept { return {}; }
  void unhandled_exception() const noexcept { exception_escaped(); }
  void finished(std::coroutine_handle<> self) noexcept;

  std::coroutine_handle<> continuation;
  Scope* scope = nullptr;  // set when the task runs beside its starter
  bool inline_start = false;
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;

  std::coroutine_handle<Promise> handle() { return std::coroutine_handle<Promise>::from_promise(*this); }
  auto get_return_object() { return handle(); }
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
};

template <>
struct Promise<void> : PromiseBase {
  std::coroutine_handle<Promise> handle() { return std::coroutine_handle<Promise>::from_promise(*this); }
  auto get_return_object() { return handle(); }
  void return_void() const noexcept {}
};

}  // namespace task

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = task::Promise<T>;

  Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}  // NOLINT: what get_return_object gives becomes a Task
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> parent) {
    task::PromiseBase& promise = handle_.promise();
    promise.continuation = parent;
    promise.inline_start = true;
    handle_.resume();
    promise.inline_start = false;
    return !handle_.done();
  }
  T await_resume() {
    if constexpr (!std::is_void_v<T>) return std::move(*handle_.promise().value);
  }

 private:
  friend class Scope;
  std::coroutine_handle<promise_type> handle_;
};

// A leaf operation. Derived classes say what one attempt is (`attempt`: true when there is a result) and where to register for news
// (`park`); they add `await_resume`. The object lives in the frame of the coroutine that awaits it and must not move.
class Operation {
 public:
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  bool await_ready() { return attempt(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = waiter;
    park();
  }

  virtual bool attempt() = 0;
  // REQUIRES: an attempt succeeded, and nobody points at this operation any more
  void finish() { task::wake(std::exchange(waiter_, {})); }

 protected:
  Operation() = default;
  virtual ~Operation() = default;
  virtual void park() = 0;

 private:
  std::coroutine_handle<> waiter_;
};

// Where waits register that somebody else may want to end. One Cancel serves one sequence of waits: at most one is registered.
class Cancel {
 public:
  // Something that can be told to complete with an error.
  class Target {
   public:
    virtual void cancelled(Error error) = 0;

   protected:
    ~Target() = default;
  };

  Cancel() = default;
  Cancel(const Cancel&) = delete;
  Cancel& operator=(const Cancel&) = delete;

  // Ends the registered wait, and every later one, with this error. The first error stays.
  void cancel(Error error);
  const std::optional<Error>& error() const { return error_; }

  void set(Target& target) { target_ = &target; }
  void clear() { target_ = nullptr; }
  // a new sequence of waits begins
  void forget() { error_.reset(); }

 private:
  std::optional<Error> error_;
  Target* target_ = nullptr;
};

template <class T>
class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  class Wait final : public Operation, private Cancel::Target {
   public:
    Wait(Signal& signal, Cancel& cancel) : signal_(signal), cancel_(cancel) {}
    bool attempt() override {
      if (!signal_.value_ && cancel_.error()) signal_.value_.emplace(std::unexpected(*cancel_.error()));
      return signal_.value_.has_value();
    }
    Result<T> await_resume() {
      Result<T> result = std::move(*signal_.value_);
      signal_.value_.reset();
      return result;
    }

   private:
    friend class Signal;
    void park() override {
      signal_.waiter_ = this;
      cancel_.set(*this);
    }
    void cancelled(Error error) override { signal_.complete(std::unexpected(error)); }

    Signal& signal_;
    Cancel& cancel_;
  };

  Wait wait(Cancel& cancel) { return Wait(*this, cancel); }
  bool completed() const { return value_.has_value(); }
  // The first completion counts, later ones are ignored until it was taken.
  void complete(Result<T> value) {
    if (value_) return;
    value_.emplace(std::move(value));
    if (waiter_ == nullptr) return;
    Wait* waiter = std::exchange(waiter_, nullptr);
    waiter->cancel_.clear();
    waiter->finish();
  }

 private:
  std::optional<Result<T>> value_;
  Wait* waiter_ = nullptr;
};

class Scope {
 public:
  Scope() = default;
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  // REQUIRES: idle()
  ~Scope();

  // Runs `child` until its first wait; it goes on beside the caller.
  void start(Task<void> child);
  bool idle() const { return running_ == 0; }
  std::size_t running() const { return running_; }

  class Join final : public Operation {
   public:
    explicit Join(Scope& scope) : scope_(scope) {}
    bool attempt() override { return scope_.idle(); }
    void await_resume() const noexcept {}

   private:
    void park() override { scope_.joiner_ = this; }
    Scope& scope_;
  };
  // completes when every child has ended
  Join join() { return Join(*this); }

 private:
  friend struct task::PromiseBase;
  void child_finished() noexcept;

  std::size_t running_ = 0;
  Join* joiner_ = nullptr;
};

}  // namespace nuncio
