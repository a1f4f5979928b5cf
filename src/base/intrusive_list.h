// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
//
// A doubly linked list whose hooks live in the elements: no allocation, removal in O(1) from wherever the element stands. A hook that
// is destroyed leaves its list, so a list never points at something that is gone. Neither copied nor moved.
#pragma once

namespace nuncio {

class ListHook {
 public:
  ListHook() = default;
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { unlink(); }

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (next_ == nullptr) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    next_ = prev_ = nullptr;
  }

 private:
  template <class T>
  friend class List;
  ListHook* next_ = nullptr;
  ListHook* prev_ = nullptr;
};

// T derives from ListHook, publicly.
template <class T>
class List {
 public:
  List() { head_.next_ = head_.prev_ = &head_; }
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() {
    while (!empty()) front()->unlink();
    head_.next_ = head_.prev_ = nullptr;
  }

  bool empty() const { return head_.next_ == &head_; }
  T* front() const { return empty() ? nullptr : static_cast<T*>(head_.next_); }
  T* back() const { return empty() ? nullptr : static_cast<T*>(head_.prev_); }
  // An element that stands in a list already leaves it first; it may be this one.
  void push_back(T& element) {
    element.ListHook::unlink();
    insert(element, head_.prev_);
  }
  void push_front(T& element) {
    element.ListHook::unlink();
    insert(element, &head_);
  }
  T* pop_front() {
    T* element = front();
    if (element != nullptr) element->ListHook::unlink();
    return element;
  }
  // moves everything of `other` to the end of this list
  void take_all(List& other) {
    if (other.empty()) return;
    ListHook* first = other.head_.next_;
    ListHook* last = other.head_.prev_;
    other.head_.next_ = other.head_.prev_ = &other.head_;
    first->prev_ = head_.prev_;
    head_.prev_->next_ = first;
    last->next_ = &head_;
    head_.prev_ = last;
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (ListHook* hook = head_.next_; hook != &head_;) {
      ListHook* next = hook->next_;
      visit(*static_cast<T*>(hook));
      hook = next;
    }
  }

 private:
  void insert(T& element, ListHook* after) {
    ListHook& hook = element;
    hook.prev_ = after;
    hook.next_ = after->next_;
    after->next_->prev_ = &hook;
    after->next_ = &hook;
  }

  ListHook head_;
};

}  // namespace nuncio
