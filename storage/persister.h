#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "paxos/result.h"
#include "storage/leveldb_log.h"

namespace paxos::storage {

// The thread that writes. While one group of batches is on its way to the disk the next one
// gathers, and goes as a whole: one sync for as many batches as came in during the one before
// (group commit). No timer, nothing to tune.
//
// The first failure ends its work (D2): batches that wait, and those still to come, are dropped.
class Persister {
 public:
  // Called on the persister's thread alone.
  struct Work {
    std::function<Status(const std::vector<NumberedBatch>& group)> commit{};
    // At most `tidy_interval` after a commit, but not more often; and at the end.
    std::function<Status()> tidy{};
    // Once, with the first failure of the two; then nothing more.
    std::function<void(Status why)> fail{};
  };

  Persister(Work work, std::chrono::milliseconds tidy_interval);
  // Commits what waits, tidies up, and waits for the thread.
  ~Persister();

  Persister(const Persister&) = delete;
  Persister& operator=(const Persister&) = delete;

  // How much may wait is the caller's bound: a node has windows for what is not durable yet.
  void Add(NumberedBatch batch);

 private:
  using Clock = std::chrono::steady_clock;

  void Run();
  bool TakeGroup(std::vector<NumberedBatch>* group);
  Status WorkOn(const std::vector<NumberedBatch>& group);
  Status Tidy();
  void Close();

  const Work work_;
  const std::chrono::milliseconds tidy_interval_;

  std::mutex mutex_;  // guards the five
  std::condition_variable more_;
  std::vector<NumberedBatch> waiting_;
  bool is_asleep_ = false;  // only then is waking it worth a system call
  bool is_closed_ = false;
  bool is_stopping_ = false;

  // The thread's own.
  std::optional<Clock::time_point> tidied_at_;
  bool is_tidy_ = true;

  std::thread thread_;
};

}  // namespace paxos::storage
