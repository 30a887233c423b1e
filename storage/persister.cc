#include "storage/persister.h"

#include <utility>

namespace paxos::storage {

Persister::Persister(Work work, std::chrono::milliseconds tidy_interval)
    : work_(std::move(work)), tidy_interval_(tidy_interval), thread_([this] { Run(); }) {}

Persister::~Persister() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  more_.notify_one();
  thread_.join();
}

void Persister::Add(NumberedBatch batch) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    waiting_.push_back(std::move(batch));
    if (!is_asleep_) return;
    is_asleep_ = false;
  }
  more_.notify_one();
}

void Persister::Run() {
  std::vector<NumberedBatch> group;
  Status status;
  while (status.ok() && TakeGroup(&group)) {
    status = WorkOn(group);
    group.clear();
  }
  if (status.ok()) status = Tidy();
  if (status.ok()) return;
  Close();
  work_.fail(std::move(status));
}

// Waits for batches or until it is time to tidy up (an empty group). False at the end.
bool Persister::TakeGroup(std::vector<NumberedBatch>* group) {
  std::unique_lock lock(mutex_);
  const auto is_due = [this] { return !waiting_.empty() || is_stopping_; };
  is_asleep_ = true;
  if (is_tidy_) {
    more_.wait(lock, is_due);
  } else {
    more_.wait_until(lock, *tidied_at_ + tidy_interval_, is_due);
  }
  is_asleep_ = false;
  group->swap(waiting_);
  return !group->empty() || !is_stopping_;
}

Status Persister::WorkOn(const std::vector<NumberedBatch>& group) {
  if (!group.empty()) {
    if (Status status = work_.commit(group); !status.ok()) return status;
    is_tidy_ = false;
  }
  const bool is_due = !tidied_at_ || Clock::now() >= *tidied_at_ + tidy_interval_;
  return is_due ? Tidy() : Status::Ok();
}

Status Persister::Tidy() {
  if (is_tidy_) return Status::Ok();
  is_tidy_ = true;
  Status status = work_.tidy();
  tidied_at_ = Clock::now();
  return status;
}

void Persister::Close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  waiting_.clear();
}

}  // namespace paxos::storage
