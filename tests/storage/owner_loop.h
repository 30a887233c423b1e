#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace paxos::storage {

// The owner's thread of a storage under test: the test's own, which runs what was posted.
class OwnerLoop {
 public:
  std::function<void(std::function<void()>)> post() {
    return [this](std::function<void()> task) { Add(std::move(task)); };
  }

  // Runs posted functions until `done`. False if that has not come true after a very long time.
  bool RunUntil(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done()) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex_);
        if (!more_.wait_until(lock, limit, [this] { return !tasks_.empty(); })) return false;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
    return true;
  }

  // Runs what is waiting now.
  void RunWaiting() {
    while (!IsIdle()) RunUntil([once = false]() mutable { return std::exchange(once, true); });
  }

 private:
  void Add(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    more_.notify_one();
  }

  bool IsIdle() {
    const std::lock_guard lock(mutex_);
    return tasks_.empty();
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> tasks_;
};

}  // namespace paxos::storage
