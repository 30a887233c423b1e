#include "paxos/session_keeper.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "paxos/options.h"
#include "tests/paxos/parking.h"

namespace paxos {
namespace {

using namespace std::chrono_literals;

// A keeper beside the table of a leader that the test plays: nothing is chosen unless it says so.
class SessionKeeperTest : public testing::Test {
 protected:
  SessionId Open(std::chrono::milliseconds ttl) {
    const Applied opened = Apply(OpenSession{Nonce{1, ++nonce_}, ttl});
    return std::get<SessionOpened>(*Decode<SessionResult>(*opened.reply)).session;
  }

  Applied Apply(const SessionCommand& command) {
    return table_.Apply(ApplyContext{++index_, log_time_}, EncodeCommand(command));
  }

  void Pass(Duration time) {
    now_ += time;
    log_time_ += time;
  }

  // What the keeper proposes now, under `last_id_`, as text; "" if nothing.
  std::string Next() {
    const auto command = keeper_.NextCommand(last_id_.next(), now_, log_time_, table_);
    if (!command) return "";
    ++last_id_;
    last_command_ = *command;
    return ToText(*command);
  }

  // The last command that Next() gave is chosen and applied.
  void Choose() {
    const Applied applied = Apply(last_command_);
    EXPECT_TRUE(keeper_.OnProposal(now_, ProposalChosen{last_id_, Slot(1), index_}, applied.reply));
  }

  bool Lose(const Done& outcome) { return keeper_.OnProposal(now_, outcome, std::nullopt); }

  // "tag outcome@index" of each answer since the last call.
  std::string Answers() {
    std::string text;
    for (const KeepAliveAnswer& answer : keeper_.TakeAnswers()) {
      if (!text.empty()) text += ", ";
      text += ToText(answer.tag) + " " + ToText(answer.outcome) + "@" + ToText(answer.index);
    }
    return text;
  }

  Instant NextWakeup() const { return keeper_.NextWakeup(now_, log_time_, table_); }

  Parking parking_;
  SessionTable table_{SessionTableOptions{}, parking_};
  SessionKeeper keeper_{SessionKeeperOptions{}};
  Instant now_{1h};
  LogTime log_time_{};
  CommandIndex index_{};
  std::uint64_t nonce_ = 0;
  ProposalId last_id_{};
  SessionCommand last_command_{};
};

TEST_F(SessionKeeperTest, FirstKeepAliveIsProposedAtOnce) {
  const SessionId session = Open(10s);
  EXPECT_EQ(Next(), "");
  keeper_.KeepAlive(session, KeepAliveTag(7));
  EXPECT_EQ(Next(), "Renew{sessions=[1]}");
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(Answers(), "");
  Choose();
  EXPECT_EQ(Answers(), "7 alive@2");
  EXPECT_EQ(Answers(), "");
}

TEST_F(SessionKeeperTest, LaterOnesAreGatheredForAPeriod) {
  const SessionId a = Open(20s);
  const SessionId b = Open(20s);
  keeper_.KeepAlive(a, KeepAliveTag(1));
  Next();
  Choose();
  Pass(1ms);
  keeper_.KeepAlive(b, KeepAliveTag(2));
  keeper_.KeepAlive(a, KeepAliveTag(3));
  keeper_.KeepAlive(b, KeepAliveTag(4));
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(NextWakeup(), now_ + 999ms);
  Pass(999ms);
  EXPECT_EQ(Next(), "Renew{sessions=[1 2]}");
  Choose();
  EXPECT_EQ(Answers(), "1 alive@3, 3 alive@4, 2 alive@4, 4 alive@4");
}

TEST_F(SessionKeeperTest, PeriodIsATenthOfTheShortestTtl) {
  const SessionId session = Open(3s);
  Open(60s);
  keeper_.KeepAlive(session, KeepAliveTag(1));
  Next();
  Choose();
  keeper_.KeepAlive(session, KeepAliveTag(2));
  EXPECT_EQ(NextWakeup(), now_ + 300ms);
}

TEST_F(SessionKeeperTest, RoundWaitsForTheOneBefore) {
  const SessionId session = Open(60s);
  keeper_.KeepAlive(session, KeepAliveTag(1));
  Next();
  keeper_.KeepAlive(session, KeepAliveTag(2));
  Pass(5s);
  const ProposalId first = last_id_;
  EXPECT_EQ(Next(), "");
  Lose(Superseded{first});
  EXPECT_EQ(NextWakeup(), now_ + 50ms);
  Pass(50ms);
  EXPECT_EQ(Next(), "Renew{sessions=[1]}");
}

TEST_F(SessionKeeperTest, WakesAtOnceForWhatIsOverdue) {
  const SessionId session = Open(10s);
  Pass(1min);
  EXPECT_EQ(NextWakeup(), now_);
  keeper_.KeepAlive(session, KeepAliveTag(1));
  EXPECT_EQ(NextWakeup(), now_);
}

TEST_F(SessionKeeperTest, ManySessionsAreSplit) {
  SessionKeeperOptions options;
  options.sessions_per_renew_max = 2;
  keeper_ = SessionKeeper(options);
  for (std::uint64_t i = 1; i <= 5; ++i) keeper_.KeepAlive(Open(10s), KeepAliveTag(i));
  EXPECT_EQ(Next(), "Renew{sessions=[1 2]}");
  EXPECT_EQ(Next(), "Renew{sessions=[3 4]}");
  EXPECT_EQ(Next(), "Renew{sessions=[5]}");
  EXPECT_EQ(Next(), "");
}

TEST_F(SessionKeeperTest, DefaultSplitFitsABatch) {
  const SessionId largest(std::numeric_limits<std::uint64_t>::max());
  const RenewSessions renew{
      std::vector<SessionId>(SessionKeeperOptions{}.sessions_per_renew_max, largest)};
  EXPECT_LT(EncodeCommand(renew).size(), ReplicaOptions{}.batch_bytes_max - 1024);
}

TEST_F(SessionKeeperTest, EndedSessionIsExpired) {
  const SessionId a = Open(10s);
  const SessionId b = Open(10s);
  keeper_.KeepAlive(a, KeepAliveTag(1));
  keeper_.KeepAlive(b, KeepAliveTag(2));
  EXPECT_EQ(Next(), "Renew{sessions=[1 2]}");
  Apply(CloseSession{a});
  Choose();
  EXPECT_EQ(Answers(), "1 expired@4, 2 alive@4");
}

// A deposed leader must not tell anyone that its session lives: the Renew may be in nobody's log.
TEST_F(SessionKeeperTest, S03_EveryOtherOutcomeAnswersRetry) {
  const SessionId session = Open(10s);
  const auto outcome_of = [&](const Done& outcome) {
    Pass(10s);
    keeper_.KeepAlive(session, KeepAliveTag(1));
    const ProposalId id = last_id_.next();
    EXPECT_EQ(Next(), "Renew{sessions=[1]}");
    Done named = outcome;
    if (auto* lost = std::get_if<Superseded>(&named)) lost->id = id;
    if (auto* lost = std::get_if<OutcomeUnknown>(&named)) lost->id = id;
    if (auto* lost = std::get_if<NeverProposed>(&named)) lost->id = id;
    // The entry may be applied here even so, as another leader's.
    EXPECT_TRUE(keeper_.OnProposal(now_, named, EncodeResult(SessionsRenewed{{session}})));
    return Answers();
  };
  EXPECT_EQ(outcome_of(Superseded{}), "1 retry@0");
  EXPECT_EQ(outcome_of(OutcomeUnknown{}), "1 retry@0");
  EXPECT_EQ(outcome_of(NeverProposed{}), "1 retry@0");
}

TEST_F(SessionKeeperTest, S03_LostLeadershipAnswersRetryWhateverComesAfter) {
  const SessionId a = Open(10s);
  const SessionId b = Open(10s);
  keeper_.KeepAlive(a, KeepAliveTag(1));
  Next();
  keeper_.KeepAlive(b, KeepAliveTag(2));
  keeper_.OnLeadershipLost();
  EXPECT_EQ(Answers(), "1 retry@0, 2 retry@0");
  Choose();
  EXPECT_EQ(Answers(), "");
}

TEST_F(SessionKeeperTest, S03_LostLeadershipAnswersWhatARoundHasNotProposed) {
  SessionKeeperOptions options;
  options.sessions_per_renew_max = 1;
  keeper_ = SessionKeeper(options);
  for (std::uint64_t i = 1; i <= 2; ++i) keeper_.KeepAlive(Open(10s), KeepAliveTag(i));
  Next();
  keeper_.OnLeadershipLost();
  EXPECT_EQ(Answers(), "1 retry@0, 2 retry@0");
  EXPECT_EQ(Next(), "") << "nobody asks for it any more";
}

TEST_F(SessionKeeperTest, OnlyALeaderProposes) {
  Open(1s);
  keeper_.KeepAlive(SessionId(1), KeepAliveTag(1));
  Pass(10s);
  EXPECT_EQ(keeper_.NextCommand(ProposalId(1), now_, std::nullopt, table_), std::nullopt);
  EXPECT_EQ(keeper_.NextWakeup(now_, std::nullopt, table_), kNever);
}

TEST_F(SessionKeeperTest, TicksWhenTheLeadersLogTimeHasPassedADeadline) {
  Open(10s);
  Pass(10'100ms);
  Apply(RenewSessions{});
  EXPECT_EQ(NextWakeup(), now_ + 1ns);
  EXPECT_EQ(Next(), "");
  Pass(1ns);
  EXPECT_EQ(Next(), "Tick{}");
  Choose();
  EXPECT_EQ(table_.size(), 0U);
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(NextWakeup(), kNever);
}

// The next leader counts from the last entry (T1): without this a dead session would live for as
// long as leaders change.
TEST_F(SessionKeeperTest, S03_ALogThatStandsStillIsToldTheTime) {
  EXPECT_EQ(NextWakeup(), kNever);
  Open(10s);
  EXPECT_EQ(NextWakeup(), now_ + 1s);
  Pass(1s - 1ns);
  EXPECT_EQ(Next(), "");
  Pass(1ns);
  EXPECT_EQ(Next(), "Tick{}");
  Choose();
  EXPECT_EQ(table_.size(), 1U);
  EXPECT_EQ(table_.log_time(), log_time_);
  EXPECT_EQ(NextWakeup(), now_ + 1s);
}

TEST_F(SessionKeeperTest, ARenewalOnItsWayTellsTheTimeAsWell) {
  const SessionId session = Open(10s);
  keeper_.KeepAlive(session, KeepAliveTag(1));
  Next();
  Pass(2s);
  EXPECT_EQ(Next(), "");
}

TEST_F(SessionKeeperTest, OneTickAtATimeAndNoneTooSoon) {
  Open(1s);
  Pass(10s);
  EXPECT_EQ(Next(), "Tick{}");
  const ProposalId first = last_id_;
  Pass(1h);
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(NextWakeup(), kNever);
  Lose(NeverProposed{first, Refusal::kOverloaded, std::nullopt});
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(NextWakeup(), now_ + 50ms);
  Pass(50ms);
  EXPECT_EQ(Next(), "Tick{}");
}

TEST_F(SessionKeeperTest, S26_TicksLeaveRoomForOthers) {
  for (std::size_t i = 0; i <= SessionTableOptions{}.ends_per_tick_max; ++i) Open(1s);
  Pass(10s);
  EXPECT_EQ(Next(), "Tick{}");
  Choose();
  EXPECT_EQ(table_.size(), 1U);
  EXPECT_EQ(Next(), "");
  EXPECT_EQ(NextWakeup(), now_ + 10ms);
  Pass(10ms);
  EXPECT_EQ(Next(), "Tick{}");
}

TEST_F(SessionKeeperTest, RenewalsGoBeforeATick) {
  const SessionId session = Open(1s);
  keeper_.KeepAlive(session, KeepAliveTag(1));
  Pass(10s);
  EXPECT_EQ(Next(), "Renew{sessions=[1]}");
  Choose();
  EXPECT_EQ(Next(), "");
}

TEST_F(SessionKeeperTest, TooManyKeepAlivesAreAnsweredRetry) {
  SessionKeeperOptions options;
  options.keep_alives_max = 2;
  keeper_ = SessionKeeper(options);
  const SessionId session = Open(10s);
  for (std::uint64_t i = 1; i <= 3; ++i) keeper_.KeepAlive(session, KeepAliveTag(i));
  EXPECT_EQ(Answers(), "3 retry@0");
  Next();
  Choose();
  EXPECT_EQ(Answers(), "1 alive@2, 2 alive@2");
  keeper_.KeepAlive(session, KeepAliveTag(4));
  EXPECT_EQ(Answers(), "");
}

TEST_F(SessionKeeperTest, LeavesOthersProposalsAlone) {
  EXPECT_FALSE(Lose(Superseded{ProposalId(77)}));
  EXPECT_FALSE(Lose(ReadReady{ReadId(1), Slot(1)}));
}

}  // namespace
}  // namespace paxos
