// What other threads ask of the loop, and how they wake it.
//
// A busy loop is not woken: it looks here once per turn. Only one that is about to sleep says so,
// and the first to post then writes to an eventfd, outside of any lock. (Asio's own post wakes the
// loop while it holds the lock that the loop needs next: two needless switches of threads.)
#pragma once

#include <atomic>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

namespace paxos::net {

class Inbox {
 public:
  // Throws std::system_error if the process is out of file descriptors.
  explicit Inbox(boost::asio::io_context& io);

  // ---- from any thread
  void Post(std::function<void()> function);
  // The loop looks whether there is anything to do.
  void Wake();

  // ---- on the loop
  // From here until Awake, posts wake the loop. To be called before it looks whether it may sleep.
  void GoToSleep() { is_asleep_ = true; }
  void Awake() { is_asleep_ = false; }
  [[nodiscard]] bool IsEmpty();
  // Runs what was posted before the call, in order, at most `max` of it.
  void Run(std::size_t max);

 private:
  void WaitForWake();

  boost::asio::posix::stream_descriptor event_;
  std::uint64_t wakes_ = 0;  // what a read of event_ gives; of no interest
  std::atomic<bool> is_asleep_ = false;
  std::mutex mutex_;
  std::deque<std::function<void()>> posted_;   // guarded by mutex_
  std::deque<std::function<void()>> running_;  // the loop's
};

}  // namespace paxos::net
