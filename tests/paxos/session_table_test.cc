#include "paxos/session_table.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/paxos/parking.h"

namespace paxos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

SessionResult Decoded(const std::string& reply) { return *Decode<SessionResult>(reply); }

// A table under a log that the test writes: every command is applied at the log's time.
class SessionTableTest : public testing::Test {
 protected:
  Applied Append(const SessionCommand& command) {
    return table_.Apply(ApplyContext{++index_, log_time_}, EncodeCommand(command));
  }

  // The reply as text; "" if there is none.
  std::string Ask(const SessionCommand& command) {
    applied_ = Append(command);
    return applied_.reply ? ToText(Decoded(*applied_.reply)) : "";
  }

  SessionId Open(milliseconds ttl = 10s) {
    const Applied opened = Append(OpenSession{Nonce{1, ++nonce_}, ttl});
    return std::get<SessionOpened>(Decoded(*opened.reply)).session;
  }

  std::string Call(SessionId session, std::uint64_t seq, const std::string& payload = "count") {
    return Ask(SessionCall{session, seq, answered_below_, payload, unanswered_});
  }

  std::string Cancel(SessionId session, std::uint64_t seq, std::uint64_t target) {
    return Ask(CancelCall{session, seq, answered_below_, target, {}});
  }

  // What the last command answered late: "2/1 expired, 3/1 Answered{...}" (session/seq).
  std::string Late() const {
    std::string text;
    for (const SessionReply& late : applied_.session_replies) {
      if (!text.empty()) text += ", ";
      text +=
          ToText(late.session) + "/" + std::to_string(late.seq) + " " + ToText(Decoded(late.reply));
    }
    return text;
  }

  SessionTableOptions options_{};
  Parking parking_;
  SessionTable table_{options_, parking_};
  CommandIndex index_{};
  LogTime log_time_{};
  std::uint64_t nonce_ = 0;
  std::uint64_t answered_below_ = 1;
  std::vector<std::uint64_t> unanswered_{};
  Applied applied_{};
};

// ---- X1: at most once, the same reply for ever ------------------------------------------------

TEST_F(SessionTableTest, X1_RetriedOpenIsOneSession) {
  const OpenSession open{Nonce{7, 7}, 5000ms};
  EXPECT_EQ(Ask(open), "Opened{session=1 ttl=5000ms}");
  EXPECT_EQ(Ask(open), "Opened{session=1 ttl=5000ms}");
  EXPECT_EQ(table_.size(), 1U);
}

TEST_F(SessionTableTest, X1_RepeatedCallIsAppliedOnceAndGetsTheSameReply) {
  const SessionId session = Open();
  EXPECT_EQ(Call(session, 1), "Answered{payload=\"applied 1\"}");
  EXPECT_EQ(Call(session, 2), "Answered{payload=\"applied 2\"}");
  EXPECT_EQ(Call(session, 1), "Answered{payload=\"applied 1\"}");
  EXPECT_EQ(parking_.applied(), 2U);
}

TEST_F(SessionTableTest, X1_CallsMayComeInAnyOrder) {
  const SessionId session = Open();
  EXPECT_EQ(Call(session, 3), "Answered{payload=\"applied 1\"}");
  EXPECT_EQ(Call(session, 1), "Answered{payload=\"applied 2\"}");
  EXPECT_EQ(Call(session, 3), "Answered{payload=\"applied 1\"}");
}

TEST_F(SessionTableTest, X1_SessionsDoNotShareSeqs) {
  const SessionId a = Open();
  const SessionId b = Open();
  EXPECT_EQ(Call(a, 1), "Answered{payload=\"applied 1\"}");
  EXPECT_EQ(Call(b, 1), "Answered{payload=\"applied 2\"}");
}

TEST_F(SessionTableTest, X1_RetryOfAWaitingCallReattaches) {
  const SessionId session = Open();
  EXPECT_EQ(Call(session, 1, "park"), "");
  EXPECT_EQ(Call(session, 1, "park"), "");
  EXPECT_EQ(parking_.applied(), 1U);
}

TEST_F(SessionTableTest, X1_LateReplyIsTheFinalOne) {
  const SessionId a = Open();
  const SessionId b = Open();
  Call(a, 1, "park");
  EXPECT_EQ(Call(b, 1, "wake"), "Answered{payload=\"applied 2\"}");
  EXPECT_EQ(Late(), "1/1 Answered{payload=\"woken\"}");
  EXPECT_EQ(Call(a, 1, "park"), "Answered{payload=\"woken\"}");
  EXPECT_EQ(Late(), "");
}

TEST_F(SessionTableTest, X1_AnsweredBelowDropsReplies) {
  const SessionId session = Open();
  Call(session, 1);
  answered_below_ = 2;
  Call(session, 2);
  EXPECT_EQ(Call(session, 1), "answered");
  EXPECT_EQ(parking_.applied(), 2U);
}

TEST_F(SessionTableTest, X1_AnsweredBelowNeverFalls) {
  const SessionId session = Open();
  answered_below_ = 3;
  Call(session, 3);
  answered_below_ = 1;
  EXPECT_EQ(Call(session, 2), "answered");
  EXPECT_EQ(Call(session, 3), "Answered{payload=\"applied 1\"}");
}

TEST_F(SessionTableTest, X1_SeqZeroIsNoCall) { EXPECT_EQ(Call(Open(), 0), "answered"); }

TEST_F(SessionTableTest, X1_SeqBeyondTheWindowIsNotExecuted) {
  const SessionId session = Open();
  const std::uint64_t window = options_.calls_per_session_max;
  EXPECT_EQ(Call(session, window), "Answered{payload=\"applied 1\"}");
  EXPECT_EQ(Call(session, window + 1), "seq too far");
  answered_below_ = 2;
  EXPECT_EQ(Call(session, window + 1), "Answered{payload=\"applied 2\"}");
}

TEST_F(SessionTableTest, X1_WaitingCallOutlivesAnsweredBelow) {
  const SessionId session = Open();
  Call(session, 1, "park");
  answered_below_ = 5;
  EXPECT_EQ(Call(session, 5), "Answered{payload=\"applied 2\"}");
  EXPECT_EQ(Call(session, 1, "park"), "");
  Call(session, 6, "wake");
  EXPECT_EQ(Late(), "1/1 Answered{payload=\"woken\"}");
}

TEST_F(SessionTableTest, X1_UnansweredKeepsAReplyBelowAnsweredBelow) {
  const SessionId session = Open();
  Call(session, 1, "park");
  Call(session, 2, "wake");
  answered_below_ = 3;
  unanswered_ = {1};
  Call(session, 3);
  EXPECT_EQ(Call(session, 1), "Answered{payload=\"woken\"}");
  EXPECT_EQ(Call(session, 2), "answered");
  unanswered_ = {};
  Call(session, 4);
  EXPECT_EQ(Call(session, 1), "answered");
}

TEST_F(SessionTableTest, X1_OneLongWaitDoesNotStopASession) {
  const SessionId session = Open();
  Call(session, 1, "park");
  unanswered_ = {1};
  const std::uint64_t calls = 3 * options_.calls_per_session_max;
  for (std::uint64_t seq = 2; seq < calls; ++seq) {
    answered_below_ = seq;
    ASSERT_EQ(Call(session, seq), "Answered{payload=\"applied " + std::to_string(seq) + "\"}");
  }
  EXPECT_EQ(Call(session, 1), "");
}

// What the others wait for may be held by a session that itself waits for much.
TEST_F(SessionTableTest, X1_NoNumberOfWaitsTakesTheRoomOfACall) {
  options_.calls_per_session_max = 2;
  SessionTable table(options_, parking_);
  std::uint64_t index = 0;
  const auto append = [&](const SessionCommand& command) {
    return table.Apply({CommandIndex(++index), {}}, EncodeCommand(command));
  };
  append(OpenSession{Nonce{1, 1}, 1s});
  std::vector<std::uint64_t> waits;
  for (std::uint64_t seq = 1; seq <= 9; ++seq) {
    append(SessionCall{SessionId(1), seq, seq, "park", waits});
    waits.push_back(seq);
  }
  EXPECT_EQ(parking_.parked(), 9U);
  const Applied applied = append(SessionCall{SessionId(1), 10, 10, "count", waits});
  EXPECT_EQ(ToText(Decoded(*applied.reply)), "Answered{payload=\"applied 10\"}");
}

TEST_F(SessionTableTest, X1_DelayedDuplicateDropsNothingThatIsStillUnanswered) {
  const SessionId session = Open();
  Call(session, 1);
  Call(session, 2);
  answered_below_ = 2;
  Call(session, 3);
  answered_below_ = 1;
  Call(session, 3);  // the same call, sent before the client had the first reply
  EXPECT_EQ(Call(session, 2), "Answered{payload=\"applied 2\"}");
}

TEST_F(SessionTableTest, X1_KeptReplyBytesPushBack) {
  options_.reply_bytes_per_session_max = 40;
  SessionTable table(options_, parking_);
  table.Apply({CommandIndex(1), log_time_}, EncodeCommand(OpenSession{Nonce{1, 1}, 1s}));
  std::vector<std::string> replies;
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {
    const SessionCall call{SessionId(1), seq, seq == 5 ? 2U : 1U, "count", {}};
    replies.push_back(ToText(
        Decoded(*table.Apply({CommandIndex(1 + seq), log_time_}, EncodeCommand(call)).reply)));
  }
  EXPECT_EQ(replies[3], "Answered{payload=\"applied 4\"}");
  EXPECT_EQ(replies[4], "Answered{payload=\"applied 5\"}");
  const SessionCall sixth{SessionId(1), 6, 1, "count", {}};
  EXPECT_EQ(ToText(Decoded(*table.Apply({CommandIndex(9), log_time_}, EncodeCommand(sixth)).reply)),
            "seq too far");
}

// What all sessions keep is bounded too, at the cost of those that keep much.
TEST_F(SessionTableTest, X1_WithAllReplyBytesTakenThoseAboveTheirShareComeBackLater) {
  options_.reply_bytes_max = 40;
  options_.reply_bytes_per_session_max = 1000;
  options_.sessions_max = 2;
  SessionTable table(options_, parking_);
  std::uint64_t index = 0;
  const auto append = [&](const SessionCommand& command) {
    const Applied applied = table.Apply({CommandIndex(++index), {}}, EncodeCommand(command));
    return ToText(Decoded(*applied.reply));
  };
  append(OpenSession{Nonce{1, 1}, 1s});
  append(OpenSession{Nonce{1, 2}, 1s});
  std::uint64_t seq = 0;
  std::string reply;
  do {
    ++seq;
    reply = append(SessionCall{SessionId(1), seq, 1, "count", {}});
  } while (reply != "seq too far");
  EXPECT_GT(seq, 2U);
  EXPECT_LT(seq, 6U);
  const SessionCall other{SessionId(2), 1, 1, "count", {}};
  EXPECT_NE(append(other), "seq too far");
  EXPECT_NE(append(SessionCall{SessionId(1), seq, seq, "count", {}}), "seq too far");
}

// ---- cancel -----------------------------------------------------------------------------------

TEST_F(SessionTableTest, X1_CancelWithdrawsAWaitingCall) {
  const SessionId session = Open();
  Call(session, 1, "park");
  EXPECT_EQ(Cancel(session, 2, 1), "CallCancelled{target_reply=\"\\x00\\x05\"}");
  EXPECT_EQ(Late(), "1/1 cancelled");
  EXPECT_EQ(parking_.parked(), 0U);
  EXPECT_EQ(Call(session, 1, "park"), "cancelled");
}

TEST_F(SessionTableTest, X1_CancelOfAnAnsweredCallReturnsItsReply) {
  const SessionId session = Open();
  Call(session, 1);
  Append(CancelCall{session, 2, 1, 1, {}});
  const Applied again = Append(CancelCall{session, 2, 1, 1, {}});
  const auto cancelled = std::get<CallCancelled>(Decoded(*again.reply));
  EXPECT_EQ(ToText(Decoded(cancelled.target_reply)), "Answered{payload=\"applied 1\"}");
}

TEST_F(SessionTableTest, X1_CancelOfAnUnseenCallForbidsIt) {
  const SessionId session = Open();
  Cancel(session, 2, 1);
  EXPECT_EQ(Late(), "");
  EXPECT_EQ(Call(session, 1, "park"), "cancelled");
  EXPECT_EQ(parking_.applied(), 0U);
}

TEST_F(SessionTableTest, X1_CancelOfADroppedReplySaysAnswered) {
  const SessionId session = Open();
  Call(session, 1);
  answered_below_ = 2;
  EXPECT_EQ(Cancel(session, 2, 1), "CallCancelled{target_reply=\"\\x00\\x03\"}");
  EXPECT_EQ(Call(session, 1), "answered");
}

TEST_F(SessionTableTest, X1_CancelOfItselfOrALaterCallIsRefused) {
  const SessionId session = Open();
  EXPECT_EQ(Cancel(session, 2, 2), "bad command");
  EXPECT_EQ(Cancel(session, 2, 3), "bad command");
  EXPECT_EQ(Call(session, 2), "Answered{payload=\"applied 1\"}");
}

TEST_F(SessionTableTest, X1_SessionFullOfWaitingCallsCanCancelThemAll) {
  const SessionId session = Open();
  const std::uint64_t window = options_.calls_per_session_max;
  for (std::uint64_t seq = 1; seq <= window; ++seq) Call(session, seq, "park");
  EXPECT_EQ(Call(session, window + 1), "seq too far");
  for (std::uint64_t seq = 1; seq <= window; ++seq) {
    ASSERT_EQ(Cancel(session, window + seq, seq), "CallCancelled{target_reply=\"\\x00\\x05\"}");
  }
  EXPECT_EQ(parking_.parked(), 0U);
}

// ---- the end of sessions ------------------------------------------------------------------------

TEST_F(SessionTableTest, X1_EverythingOfAClosedSessionIsExpired) {
  const SessionId session = Open();
  Call(session, 1);
  Call(session, 2, "park");
  EXPECT_EQ(Ask(CloseSession{session}), "Closed{}");
  EXPECT_EQ(Late(), "1/2 session expired");
  EXPECT_EQ(Call(session, 1), "session expired");
  EXPECT_EQ(Call(session, 3), "session expired");
  EXPECT_EQ(Cancel(session, 3, 2), "session expired");
  EXPECT_EQ(Ask(CloseSession{session}), "session expired");
  EXPECT_EQ(Ask(RenewSessions{{session}}), "Renewed{alive=[]}");
  EXPECT_EQ(parking_.parked(), 0U);
}

TEST_F(SessionTableTest, S07_PendingCallsAreAnsweredBeforeWhatIsLeftIsHandedOn) {
  const SessionId a = Open();
  const SessionId b = Open();
  Call(b, 1, "park");
  Call(a, 2, "park");
  Call(a, 1, "park");
  Ask(CloseSession{a});
  EXPECT_EQ(Late(),
            "1/1 session expired, 1/2 session expired, 2/1 Answered{payload=\"inherited\"}");
}

TEST_F(SessionTableTest, S07_SessionsThatEndTogetherLeaveNothingToEachOther) {
  const SessionId a = Open(1s);
  const SessionId b = Open(2s);
  const SessionId c = Open(1h);
  Call(b, 1, "park");
  Call(c, 1, "park");
  Call(a, 1, "park");
  log_time_ += 1min;
  EXPECT_EQ(Ask(Tick{}), "Ended{ended=[1 2]}");
  EXPECT_EQ(Late(),
            "1/1 session expired, 2/1 session expired, 3/1 Answered{payload=\"inherited\"}");
  EXPECT_EQ(parking_.parked(), 0U);
}

// ---- T1: only the log's time ends sessions, and only a Tick looks ------------------------------

TEST_F(SessionTableTest, T1_SessionEndsOnlyWhenItsDeadlineHasPassed) {
  const SessionId session = Open(10s);
  EXPECT_EQ(table_.earliest_deadline(), LogTime{10'100ms});  // 1 % of drift
  log_time_ += 10'100ms;
  EXPECT_EQ(Ask(Tick{}), "Ended{ended=[]}");
  EXPECT_TRUE(table_.IsAlive(session));
  log_time_ += 1ns;
  EXPECT_EQ(Ask(Tick{}), "Ended{ended=[1]}");
  EXPECT_FALSE(table_.IsAlive(session));
  EXPECT_EQ(table_.earliest_deadline(), std::nullopt);
}

TEST_F(SessionTableTest, T1_NothingButATickEndsASession) {
  const SessionId late = Open(1s);
  const SessionId other = Open(1h);
  log_time_ += 1min;
  Call(other, 1);
  Ask(RenewSessions{{other}});
  EXPECT_TRUE(table_.IsAlive(late));
  EXPECT_EQ(Call(late, 1), "Answered{payload=\"applied 2\"}");
  EXPECT_EQ(Ask(Tick{}), "Ended{ended=[]}");  // the call renewed it
}

TEST_F(SessionTableTest, T1_OpenCallCancelAndRenewRenew) {
  const SessionId session = Open(10s);
  log_time_ += 1s;
  Call(session, 1);
  EXPECT_EQ(table_.deadline(session), LogTime{11'100ms});
  log_time_ += 1s;
  Cancel(session, 2, 1);
  EXPECT_EQ(table_.deadline(session), LogTime{12'100ms});
  log_time_ += 1s;
  Ask(RenewSessions{{SessionId(99), session}});
  EXPECT_EQ(table_.deadline(session), LogTime{13'100ms});
}

// A client counts from the first sending of a call; what a duplicate renewed could keep a dead
// client's session alive.
TEST_F(SessionTableTest, T1_NeitherARepeatedNorARefusedCommandRenews) {
  const OpenSession open{Nonce{7, 7}, 10s};
  Ask(open);
  const SessionId session(1);
  Call(session, 1);
  Cancel(session, 3, 2);
  log_time_ += 5s;
  Ask(open);
  Call(session, 1);
  Cancel(session, 3, 2);
  EXPECT_EQ(Cancel(session, 5, 6), "bad command");
  EXPECT_EQ(Call(session, 5000), "seq too far");
  EXPECT_EQ(table_.deadline(session), LogTime{10'100ms});
}

TEST_F(SessionTableTest, T1_RenewSaysWhoLives) {
  const SessionId a = Open();
  const SessionId b = Open();
  const SessionId c = Open();
  Ask(CloseSession{b});
  EXPECT_EQ(Ask(RenewSessions{{a, b, c}}), "Renewed{alive=[1 3]}");
}

TEST_F(SessionTableTest, S17_TtlIsRaisedToTheFloorAndLoweredToTheCap) {
  EXPECT_EQ(Ask(OpenSession{Nonce{1, 1}, 1ms}), "Opened{session=1 ttl=1000ms}");
  EXPECT_EQ(Ask(OpenSession{Nonce{1, 2}, -5ms}), "Opened{session=2 ttl=1000ms}");
  EXPECT_EQ(Ask(OpenSession{Nonce{1, 3}, milliseconds::max()}), "Opened{session=3 ttl=86400000ms}");
  EXPECT_EQ(Ask(OpenSession{Nonce{1, 4}, 2500ms}), "Opened{session=4 ttl=2500ms}");
}

TEST_F(SessionTableTest, S26_OneTickEndsABoundedNumberInOrderOfDeadline) {
  options_.ends_per_tick_max = 2;
  SessionTable table(options_, parking_);
  const std::vector<milliseconds> ttls = {3s, 1s, 2s, 1s};
  std::uint64_t index = 0;
  for (const milliseconds ttl : ttls) {
    ++index;
    table.Apply({CommandIndex(index), {}}, EncodeCommand(OpenSession{Nonce{index, 0}, ttl}));
  }
  const ApplyContext late{CommandIndex(9), LogTime{1min}};
  EXPECT_EQ(ToText(Decoded(*table.Apply(late, EncodeCommand(Tick{})).reply)), "Ended{ended=[2 4]}");
  EXPECT_EQ(ToText(Decoded(*table.Apply(late, EncodeCommand(Tick{})).reply)), "Ended{ended=[3 1]}");
}

TEST_F(SessionTableTest, S26_OneTickEndsNoMoreThanItCanHandOn) {
  options_.weight_per_tick_max = 3;
  SessionTable table(options_, parking_);
  std::uint64_t index = 0;
  const auto append = [&](const SessionCommand& command, LogTime log_time) {
    return table.Apply({CommandIndex(++index), log_time}, EncodeCommand(command));
  };
  for (std::uint64_t id = 1; id <= 4; ++id) append(OpenSession{Nonce{id, 0}, 1s}, {});
  for (std::uint64_t id = 1; id <= 4; ++id) {
    for (std::uint64_t seq = 1; seq <= 2; ++seq)
      append(SessionCall{SessionId(id), seq, 1, "park", {}}, {});
  }
  const auto tick = [&] { return ToText(Decoded(*append(Tick{}, LogTime{1min}).reply)); };
  EXPECT_EQ(tick(), "Ended{ended=[1 2]}");
  EXPECT_EQ(tick(), "Ended{ended=[3 4]}");
}

TEST_F(SessionTableTest, KnowsTheShortestTtl) {
  EXPECT_EQ(table_.shortest_ttl(), std::nullopt);
  Open(3s);
  const SessionId shorter = Open(2s);
  EXPECT_EQ(table_.shortest_ttl(), 2000ms);
  Ask(CloseSession{shorter});
  EXPECT_EQ(table_.shortest_ttl(), 3000ms);
}

// ---- bounds and bad input -----------------------------------------------------------------------

TEST_F(SessionTableTest, RefusesMoreSessionsThanItHolds) {
  options_.sessions_max = 1;
  SessionTable table(options_, parking_);
  const std::string open = EncodeCommand(OpenSession{Nonce{1, 1}, 1s});
  const std::string another = EncodeCommand(OpenSession{Nonce{1, 2}, 1s});
  table.Apply({CommandIndex(1), {}}, open);
  EXPECT_EQ(ToText(Decoded(*table.Apply({CommandIndex(2), {}}, another).reply)),
            "session table full");
  EXPECT_EQ(ToText(Decoded(*table.Apply({CommandIndex(3), {}}, open).reply)),
            "Opened{session=1 ttl=1000ms}");
}

TEST_F(SessionTableTest, RefusesWhatDoesNotDecode) {
  for (const std::string& bytes :
       {std::string(), std::string("\x09"), std::string("\x05\x00", 2)}) {
    const Applied applied = table_.Apply(ApplyContext{}, bytes);
    EXPECT_EQ(ToText(Decoded(*applied.reply)), "bad command");
  }
}

TEST_F(SessionTableTest, OptionsThatMakeNoSenseAreNamed) {
  EXPECT_TRUE(SessionTableOptions{}.Validate().ok());
  options_.ttl_max = 10ms;
  EXPECT_EQ(options_.Validate().message(), "ttl_max: less than ttl_min");
}

// ---- snapshots ------------------------------------------------------------------------------

TEST_F(SessionTableTest, RestoredTableGoesOnWhereTheOtherWas) {
  const SessionId a = Open(5s);
  const SessionId b = Open(1h);
  Call(a, 1);
  Call(b, 1, "park");
  Cancel(b, 3, 2);

  Parking parking;
  SessionTable restored(options_, parking);
  ASSERT_TRUE(restored.Restore(table_.Snapshot()).ok());
  EXPECT_EQ(restored.Snapshot(), table_.Snapshot());
  EXPECT_EQ(restored.earliest_deadline(), table_.earliest_deadline());
  EXPECT_EQ(restored.shortest_ttl(), table_.shortest_ttl());

  log_time_ += 6s;
  for (const SessionCommand& command : std::vector<SessionCommand>{
           SessionCall{b, 2, 1, "park", {}}, SessionCall{a, 1, 1, "count", {}},
           SessionCall{a, 2, 1, "wake", {}}, OpenSession{Nonce{1, 1}, 1s}, Tick{}}) {
    const ApplyContext context{++index_, log_time_};
    EXPECT_EQ(restored.Apply(context, EncodeCommand(command)),
              table_.Apply(context, EncodeCommand(command)));
  }
  EXPECT_EQ(restored.Snapshot(), table_.Snapshot());
}

TEST_F(SessionTableTest, DamagedSnapshotChangesNothing) {
  Call(Open(), 1, "park");
  const std::string good = table_.Snapshot();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(table_.Restore(good.substr(0, size)).ok());
  }
  EXPECT_FALSE(table_.Restore(good + "x").ok());
  EXPECT_EQ(table_.Snapshot(), good);
}

TEST_F(SessionTableTest, SnapshotWithOneNonceTwiceIsDamaged) {
  Open();
  Open();
  std::string twice = table_.Snapshot();
  const std::size_t second = twice.rfind(std::string("\x01\x02", 2));  // Nonce{1, 2}
  twice[second + 1] = '\x01';
  EXPECT_FALSE(table_.Restore(twice).ok());
  EXPECT_EQ(table_.size(), 2U);
}

// A machine that answers what does not wait has lost track of who is served: nothing it says can
// be believed.
TEST_F(SessionTableTest, AnsweringACallThatDoesNotWaitIsABug) {
  class Answering final : public SessionStateMachine {
   public:
    CallOutcome Apply(const CallContext& context, std::string_view /*payload*/) override {
      return CallOutcome{"now", {LateReply{context.session, context.seq, "and late"}}};
    }
    std::vector<LateReply> OnCancel(const CallContext& /*context*/,
                                    std::uint64_t /*target*/) override {
      return {};
    }
    std::vector<LateReply> OnSessionsEnd(const ApplyContext& /*context*/,
                                         const std::vector<SessionId>& /*ended*/) override {
      return {};
    }
    [[nodiscard]] std::string Snapshot() const override { return ""; }
    Status Restore(std::string_view /*snapshot*/) override { return Status::Ok(); }
  };
  Answering inner;
  SessionTable table(options_, inner);
  table.Apply({CommandIndex(1), {}}, EncodeCommand(OpenSession{Nonce{1, 1}, 1s}));
  const std::string call = EncodeCommand(SessionCall{SessionId(1), 1, 1, "", {}});
  EXPECT_DEATH(table.Apply({CommandIndex(2), {}}, call), "\\[X1\\]");
}

}  // namespace
}  // namespace paxos
