// Random logs through the real tables and through the naive model: every reply, every late reply
// and the whole state must agree, in the middle of a run restored from a snapshot too.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "paxos/random.h"
#include "tests/lockservice/naive_model.h"

namespace lockservice {
namespace {

using namespace std::chrono_literals;
using paxos::SessionCommand;
using paxos::SessionId;

constexpr NaiveLimits kLimits{.window = 6,
                              .ends_per_tick = 3,
                              .waiters = 4,
                              .locks_per_session = 3,
                              .waits_per_session = 2,
                              .weight_per_tick = 3};

LockTableOptions LockOptions() {
  LockTableOptions options;
  options.locks_per_session_max = kLimits.locks_per_session;
  options.waiters_per_lock_max = kLimits.waiters;
  options.waits_per_session_max = kLimits.waits_per_session;
  return options;
}

struct Tables {
  LockTable locks{LockOptions()};
  paxos::SessionTable sessions{Options(), locks};

  static paxos::SessionTableOptions Options() {
    paxos::SessionTableOptions options;
    options.calls_per_session_max = kLimits.window;
    options.ends_per_tick_max = kLimits.ends_per_tick;
    options.weight_per_tick_max = kLimits.weight_per_tick;
    return options;
  }
};

// ---- the real tables in the model's words -------------------------------------------------------

std::string Text(const OperationReply& reply) {
  const auto* busy = std::get_if<Busy>(&reply);
  if (busy == nullptr) return paxos::ToText(reply);
  return "Busy by " + paxos::ToText(busy->holder->token) + " waiting " +
         std::to_string(busy->waiting);
}

std::string Text(const std::string& encoded) {
  const auto result = *paxos::Decode<paxos::SessionResult>(encoded);
  if (const auto* answered = std::get_if<paxos::CallAnswered>(&result)) {
    return Text(*paxos::Decode<OperationReply>(answered->payload));
  }
  if (const auto* cancelled = std::get_if<paxos::CallCancelled>(&result)) {
    return "cancel: " + Text(cancelled->target_reply);
  }
  return paxos::ToText(result);
}

std::string Text(const paxos::Applied& applied) {
  std::string text = applied.reply ? Text(*applied.reply) : "";
  for (const paxos::SessionReply& late : applied.session_replies) {
    text += "; " + paxos::ToText(late.session) + "/" + std::to_string(late.seq) + " " +
            Text(late.reply);
  }
  return text;
}

void ExpectSameState(const Tables& tables, const NaiveModel& model) {
  ASSERT_EQ(tables.sessions.size(), model.sessions().size());
  for (const NaiveModel::Session& session : model.sessions()) {
    ASSERT_EQ(tables.sessions.deadline(SessionId(session.id)),
              session.renewed + session.ttl + session.ttl / 100);
  }
  ASSERT_EQ(tables.locks.last_token(), Token(model.last_token()));
  const std::vector<LockView> held = tables.locks.Held();
  const std::vector<NaiveModel::Lock> expected = model.locks();
  ASSERT_EQ(held.size(), expected.size());
  for (std::size_t i = 0; i < held.size(); ++i) {
    ASSERT_EQ(held[i].name, expected[i].name);
    ASSERT_EQ(held[i].holder->token, Token(expected[i].token));
    ASSERT_EQ(held[i].holder->count, expected[i].count);
    ASSERT_EQ(held[i].holder->session, SessionId(expected[i].holder.session));
    const auto queue = std::get<QueueView>(tables.locks.Answer(GetQueue{held[i].name}));
    ASSERT_EQ(queue.waiters.size(), expected[i].queue.size());
    for (std::size_t w = 0; w < queue.waiters.size(); ++w) {
      ASSERT_EQ(queue.waiters[w].session, SessionId(expected[i].queue[w].session));
      ASSERT_EQ(queue.waiters[w].seq, expected[i].queue[w].seq);
    }
  }
}

// ---- chance -------------------------------------------------------------------------------------

// Clients without much sense: they retry old commands, cancel what they never sent, release what
// they do not hold, and say they have replies that they have not.
class RandomCommands {
 public:
  explicit RandomCommands(std::uint64_t seed) : random_(seed) {}

  SessionCommand Next(const NaiveModel& model) {
    const std::uint64_t kind = random_.Below(100);
    if (!sent_.empty() && kind < 12) return sent_[random_.Below(sent_.size())];
    SessionCommand command = kind < 18 || model.sessions().empty() ? Open() : Fresh(kind, model);
    sent_.push_back(command);
    return command;
  }

  paxos::Duration Pause() {
    return random_.Chance(1, 10) ? paxos::Duration(random_.Below(2'000'000'000)) : 0ns;
  }
  bool WithOneIn(std::uint64_t n) { return random_.Chance(1, n); }

 private:
  SessionCommand Open() {
    const std::chrono::milliseconds ttl{1000 + 500 * random_.Below(20)};
    return paxos::OpenSession{{random_.Next(), random_.Next()}, ttl};
  }

  SessionCommand Fresh(std::uint64_t kind, const NaiveModel& model) {
    const auto& session = model.sessions()[random_.Below(model.sessions().size())];
    const SessionId id(session.id);
    if (kind < 20) return paxos::CloseSession{id};
    if (kind < 25) return paxos::RenewSessions{{id, SessionId(random_.Below(50)), id.next()}};
    if (kind < 32) return paxos::Tick{};
    const std::uint64_t seq = session.below + random_.Below(kLimits.window + 2);
    const std::uint64_t below = random_.Chance(1, 3) ? seq - random_.Below(3) % seq : session.below;
    std::vector<std::uint64_t> unanswered;
    for (std::uint64_t s = below > 4 ? below - 4 : 1; s < below; ++s) {
      if (random_.Chance(1, 3)) unanswered.push_back(s);
    }
    if (kind < 42) return paxos::CancelCall{id, seq + 1, below, random_.Below(seq + 3), unanswered};
    return paxos::SessionCall{id, seq, below, paxos::Encode(RandomOperation(session.id, model)),
                              unanswered};
  }

  Operation RandomOperation(std::uint64_t session, const NaiveModel& model) {
    const std::string name = std::string(1, static_cast<char>('a' + random_.Below(5)));
    const OwnerId owner(1 + random_.Below(2));
    if (random_.Chance(1, 50)) return Touch{};
    if (random_.Chance(1, 80)) return Acquire{"", owner, AcquireMode::kTry, ""};
    if (random_.Chance(1, 80)) return Release{"", owner, Token(1)};
    if (random_.Chance(1, 2)) {
      return Acquire{name, owner, random_.Chance(3, 4) ? AcquireMode::kWait : AcquireMode::kTry,
                     ""};
    }
    const auto locks = model.locks();
    for (const auto& lock : locks) {
      if (lock.holder.session != session || random_.Chance(1, 4)) continue;
      return Release{lock.name, OwnerId(lock.holder.owner),
                     Token(lock.token - (random_.Chance(1, 8) ? 1 : 0))};
    }
    return Release{name, owner, Token(random_.Below(model.last_token() + 2))};
  }

  paxos::Random random_;
  std::vector<SessionCommand> sent_;
};

// The words that a text is made of, without their numbers: "Granted{..." is "Granted".
std::string Kind(const std::string& reply) { return reply.substr(0, reply.find_first_of("{0123")); }

TEST(RandomLogTest, AgreesWithTheNaiveModel) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomCommands commands(seed);
    NaiveModel model(kLimits);
    auto tables = std::make_unique<Tables>();
    paxos::LogTime log_time{};
    for (std::uint64_t index = 1; index <= 2000; ++index) {
      log_time += commands.Pause();
      const SessionCommand command = commands.Next(model);
      const std::string expected = model.Apply(index, log_time, command);
      const paxos::Applied applied = tables->sessions.Apply({paxos::CommandIndex(index), log_time},
                                                            paxos::EncodeCommand(command));
      ASSERT_EQ(Text(applied), expected) << "command " << index << " " << paxos::ToText(command);
      seen.insert(Kind(expected));
      if (!commands.WithOneIn(25)) continue;
      ASSERT_NO_FATAL_FAILURE(ExpectSameState(*tables, model));
      const std::string snapshot = tables->sessions.Snapshot();
      tables = std::make_unique<Tables>();
      ASSERT_TRUE(tables->sessions.Restore(snapshot).ok());
      ASSERT_EQ(tables->sessions.Snapshot(), snapshot);
    }
  }
  for (const char* kind : {"",
                           "Opened",
                           "Granted",
                           "Busy by ",
                           "Released",
                           "Touched",
                           "not owner",
                           "stale token",
                           "not held",
                           "bad name",
                           "too many locks",
                           "too many waiters",
                           "cancelled",
                           "cancel: cancelled",
                           "cancel: answered",
                           "cancel: Granted",
                           "answered",
                           "seq too far",
                           "session expired",
                           "bad command",
                           "Renewed",
                           "Closed",
                           "Ended"}) {
    EXPECT_TRUE(seen.contains(kind)) << "never seen: " << kind;
  }
}

}  // namespace
}  // namespace lockservice
