#include "paxos/options.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/paxos/values.h"

namespace paxos {
namespace {

using namespace values;

// The complaint about good options in which `spoil` changed one thing; "" if there is none.
template <class Spoil>
std::string Complaint(const Spoil& spoil) {
  ReplicaOptions options = NodeOf(n1);
  spoil(options);
  const Status status = options.Validate();
  EXPECT_EQ(status.code(), status.ok() ? ErrorCode::kOk : ErrorCode::kInvalidArgument);
  return status.message();
}

bool Names(const std::string& complaint, const std::string& option) {
  return complaint.rfind(option + " ", 0) == 0;
}

TEST(OptionsTest, TheDefaultsServe) {
  EXPECT_EQ(Complaint([](ReplicaOptions&) {}), "");
}

TEST(OptionsTest, ANodeNeedsAName) {
  EXPECT_TRUE(Names(Complaint([](ReplicaOptions& o) { o.self = NodeId{}; }), "self"));
}

TEST(OptionsTest, ALifeMustBeDrawn) {
  EXPECT_TRUE(Names(Complaint([](ReplicaOptions& o) { o.life = 0; }), "life"));
}

TEST(OptionsTest, AClusterNeedsAVoter) {
  EXPECT_TRUE(
      Names(Complaint([](ReplicaOptions& o) { o.membership = Membership(); }), "membership"));
}

TEST(OptionsTest, ANodeNeedNotVote) {
  EXPECT_EQ(Complaint([](ReplicaOptions& o) { o.self = kStranger; }), "");
}

TEST(OptionsTest, TimesAreAboveZero) {
  EXPECT_TRUE(Names(Complaint([](ReplicaOptions& o) { o.heartbeat_interval = 0ms; }),
                    "heartbeat_interval"));
  EXPECT_TRUE(Names(Complaint([](ReplicaOptions& o) { o.retransmit_interval = 0ms; }),
                    "retransmit_interval"));
  EXPECT_TRUE(Names(Complaint([](ReplicaOptions& o) { o.own_disk_stall_max = 0ms; }),
                    "own_disk_stall_max"));
  EXPECT_TRUE(
      Names(Complaint([](ReplicaOptions& o) { o.election_handicap = -1ms; }), "election_handicap"));
}

TEST(OptionsTest, AFollowerWaitsForMoreThanOneHeartbeat) {
  EXPECT_TRUE(Names(Complaint([](ReplicaOptions& o) { o.election_timeout_min = 99ms; }),
                    "election_timeout_min"));
  EXPECT_EQ(Complaint([](ReplicaOptions& o) { o.election_timeout_min = 100ms; }), "");
}

TEST(OptionsTest, ElectionTimeoutsNeedRoomForChance) {
  EXPECT_TRUE(
      Names(Complaint([](ReplicaOptions& o) { o.election_timeout_max = o.election_timeout_min; }),
            "election_timeout_max"));
}

TEST(OptionsTest, TheWindowIsBounded) {
  EXPECT_TRUE(Names(Complaint([](ReplicaOptions& o) { o.alpha = 0; }), "alpha"));
  EXPECT_TRUE(Names(Complaint([](ReplicaOptions& o) { o.alpha = 4097; }), "alpha"));
  EXPECT_EQ(Complaint([](ReplicaOptions& o) { o.alpha = 4096; }), "");
}

TEST(OptionsTest, ABatchFitsTheWindowAndTheQueue) {
  EXPECT_TRUE(
      Names(Complaint([](ReplicaOptions& o) { o.window_bytes_max = o.batch_bytes_max - 1; }),
            "window_bytes_max"));
  EXPECT_TRUE(
      Names(Complaint([](ReplicaOptions& o) { o.pending_bytes_max = o.batch_bytes_max - 1; }),
            "pending_bytes_max"));
}

TEST(OptionsTest, EveryBoundLetsSomethingThrough) {
  EXPECT_TRUE(
      Names(Complaint([](ReplicaOptions& o) { o.disk_batches_max = 0; }), "disk_batches_max"));
  EXPECT_TRUE(Names(Complaint([](ReplicaOptions& o) { o.disk_bytes_max = 0; }), "disk_bytes_max"));
  EXPECT_TRUE(
      Names(Complaint([](ReplicaOptions& o) { o.batch_commands_max = 0; }), "batch_commands_max"));
  EXPECT_TRUE(
      Names(Complaint([](ReplicaOptions& o) { o.batch_bytes_max = 127; }), "batch_bytes_max"));
  EXPECT_TRUE(Names(Complaint([](ReplicaOptions& o) { o.pending_commands_max = 0; }),
                    "pending_commands_max"));
  EXPECT_TRUE(Names(Complaint([](ReplicaOptions& o) { o.reads_max = 0; }), "reads_max"));
  EXPECT_TRUE(
      Names(Complaint([](ReplicaOptions& o) { o.fetch_bytes_max = 0; }), "fetch_bytes_max"));
}

}  // namespace
}  // namespace paxos
