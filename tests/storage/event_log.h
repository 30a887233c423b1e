#pragma once

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "paxos/storage.h"

namespace paxos::storage {

// Writes down what a storage reports, and sees to the rules that always hold.
class EventLog final : public StorageEvents {
 public:
  void OnDurable(PersistSeq seq) override {
    EXPECT_EQ(std::this_thread::get_id(), owner_) << "reported on another thread";
    EXPECT_TRUE(failures.empty()) << "batch " << seq.value() << " durable after a failure";
    EXPECT_GT(seq, durable()) << "reports must grow";
    reports.push_back(seq);
  }

  void OnWriteFailed(const Status& why) override {
    EXPECT_EQ(std::this_thread::get_id(), owner_) << "reported on another thread";
    EXPECT_TRUE(failures.empty()) << "a second failure: " << why.ToString();
    EXPECT_FALSE(why.ok());
    failures.push_back(why);
  }

  PersistSeq durable() const { return reports.empty() ? PersistSeq{} : reports.back(); }
  bool failed() const { return !failures.empty(); }

  std::vector<PersistSeq> reports{};
  std::vector<Status> failures{};

 private:
  std::thread::id owner_ = std::this_thread::get_id();
};

}  // namespace paxos::storage
