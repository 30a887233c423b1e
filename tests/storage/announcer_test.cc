#include "storage/announcer.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/storage/event_log.h"
#include "tests/storage/owner_loop.h"

namespace paxos::storage {
namespace {

class AnnouncerTest : public testing::Test {
 protected:
  AnnouncerTest() { announcer_->Listen(events_); }

  int posted_ = 0;
  OwnerLoop loop_;
  EventLog events_;
  std::unique_ptr<Announcer> announcer_ =
      std::make_unique<Announcer>([this](std::function<void()> task) {
        ++posted_;
        loop_.post()(std::move(task));
      });
};

TEST_F(AnnouncerTest, WakesABusyOwnerOnceAndTellsTheNewest) {
  for (std::uint64_t seq = 1; seq <= 10; ++seq) announcer_->Durable(PersistSeq{seq});
  EXPECT_EQ(posted_, 1);
  loop_.RunWaiting();
  EXPECT_EQ(events_.reports, std::vector<PersistSeq>{PersistSeq{10}});
  announcer_->Durable(PersistSeq{11});
  EXPECT_EQ(posted_, 2);
}

TEST_F(AnnouncerTest, TellsWhatIsDurableBeforeTheFailure) {
  announcer_->Durable(PersistSeq{3});
  announcer_->Failed({ErrorCode::kIo, "gone"});
  loop_.RunWaiting();
  EXPECT_EQ(events_.durable(), PersistSeq{3});
  EXPECT_EQ(events_.failures.size(), 1U);
}

TEST_F(AnnouncerTest, TellsNothingOnceSilenced) {
  announcer_->Durable(PersistSeq{1});
  announcer_->Silence();
  announcer_->Durable(PersistSeq{2});
  EXPECT_EQ(posted_, 1);
  loop_.RunWaiting();
  EXPECT_TRUE(events_.reports.empty());
}

TEST_F(AnnouncerTest, TellsNothingOnceDestroyed) {
  announcer_->Durable(PersistSeq{1});
  announcer_.reset();
  loop_.RunWaiting();
  EXPECT_TRUE(events_.reports.empty());
}

}  // namespace
}  // namespace paxos::storage
