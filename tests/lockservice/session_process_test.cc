// The blocking face against a real cluster.
#include <atomic>
#include <mutex>
#include <thread>

#include "lockservice/client_session_io.h"
#include "net/runtime.h"
#include "tests/lockservice/process_cluster.h"

namespace process {
namespace {

using lockservice::Lock;
using lockservice::LockOptions;
using lockservice::QueryReply;
using lockservice::Session;
using lockservice::SessionOptions;
using lockservice::SessionState;
using lockservice::StateChange;
using paxos::ErrorCode;

class SessionTest : public ClusterTest {
 protected:
  SessionOptions Options(milliseconds ttl = seconds{10}) {
    SessionOptions options;
    for (std::size_t i = 0; i < NodeCount(); ++i) options.client.endpoints.push_back(endpoint(i));
    options.ttl = ttl;
    return options;
  }
  std::unique_ptr<Session> Open(SessionOptions options) {
    auto session = Session::Open(std::move(options));
    EXPECT_TRUE(session.has_value()) << session.error().ToString();
    return std::move(*session);
  }
};

TEST_F(SessionTest, ALockIsHeldUntilItIsReleased) {
  const auto session = Open(Options());
  auto lock = session->Acquire("door", {.note = "me"});
  ASSERT_TRUE(lock.has_value()) << lock.error().ToString();
  EXPECT_TRUE(lock->valid());
  EXPECT_EQ(HolderToken("door"), lock->token().value());
  EXPECT_TRUE(lock->Release().ok());
  EXPECT_FALSE(lock->valid());
  EXPECT_EQ(HolderToken("door"), std::nullopt);
  EXPECT_EQ(lock->Release().code(), ErrorCode::kInvalidArgument) << "it is released once";
}

TEST_F(SessionTest, ALockEndsWithItsHandle) {
  const auto session = Open(Options());
  { const auto lock = session->Acquire("door"); }
  EXPECT_TRUE(Eventually([&] { return !HolderToken("door"); }));
}

TEST_F(SessionTest, EveryLockEndsWithTheSession) {
  auto session = Open(Options());
  auto lock = session->Acquire("door");
  ASSERT_TRUE(lock.has_value());
  session.reset();
  EXPECT_FALSE(lock->valid());
  EXPECT_TRUE(lock->stop_token().stop_requested());
  EXPECT_EQ(HolderToken("door"), std::nullopt);
  EXPECT_EQ(lock->Release().code(), ErrorCode::kUnavailable);
}

TEST_F(SessionTest, S10_TwoHandlesOfOneSessionExcludeEachOther) {
  const auto session = Open(Options());
  auto first = session->Acquire("door", {.note = "the first"});
  ASSERT_TRUE(first.has_value());
  const auto second = session->Acquire("door", {.timeout = milliseconds{0}});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kConflict);
  EXPECT_NE(second.error().message().find("the first"), std::string::npos);
}

TEST_F(SessionTest, S14_AWaitEndsAtItsTimeoutOrWhenItIsCancelled) {
  const auto session = Open(Options());
  auto held = session->Acquire("door");
  ASSERT_TRUE(held.has_value());
  const auto timed_out = session->Acquire("door", {.timeout = milliseconds{100}});
  ASSERT_FALSE(timed_out.has_value());
  EXPECT_EQ(timed_out.error().code(), ErrorCode::kTimeout);

  std::stop_source stop;
  std::thread canceller([&] {
    EXPECT_TRUE(Eventually([&] { return WaitingFor("door") == 1; }));
    stop.request_stop();
  });
  const auto cancelled = session->Acquire("door", {.cancel = stop.get_token()});
  canceller.join();
  ASSERT_FALSE(cancelled.has_value());
  EXPECT_EQ(cancelled.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(WaitingFor("door"), 0U);
}

TEST_F(SessionTest, ThreadsShareASessionAndExcludeEachOther) {
  const auto session = Open(Options());
  int counter = 0;  // what the lock protects
  std::atomic<std::uint64_t> last_token = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        auto lock = session->Acquire("door");
        ASSERT_TRUE(lock.has_value()) << lock.error().ToString();
        EXPECT_GT(lock->token().value(), last_token.exchange(lock->token().value()));
        ++counter;
        EXPECT_TRUE(lock->Release().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, 40);
}

TEST_F(SessionTest, S15_TheEndOfValidityIsToldAndStaysTold) {
  std::mutex mutex;
  std::vector<SessionState> states;
  SessionOptions options = Options(seconds{1});
  options.when_state_changes = [&](const StateChange& change) {
    const std::lock_guard lock(mutex);
    states.push_back(change.to);
  };
  const auto saw = [&](SessionState state) {
    const std::lock_guard lock(mutex);
    return std::find(states.begin(), states.end(), state) != states.end();
  };
  const auto session = Open(options);
  auto lock = session->Acquire("door");
  ASSERT_TRUE(lock.has_value());
  const auto valid_until = session->valid_until();
  for (std::size_t i = 0; i < NodeCount(); ++i) node(i).Signal(SIGSTOP);
  ASSERT_TRUE(Eventually([&] { return lock->stop_token().stop_requested(); }));
  EXPECT_FALSE(lock->valid());
  EXPECT_GE(session->valid_until(), valid_until);
  EXPECT_TRUE(Eventually([&] { return saw(SessionState::kJeopardy); }));
  // Whether the session has ended meanwhile, the servers' log decides: the client learns of either.
  for (std::size_t i = 0; i < NodeCount(); ++i) node(i).Signal(SIGCONT);
  EXPECT_TRUE(Eventually([&] { return saw(SessionState::kLost) || lock->valid(); }));
  EXPECT_TRUE(lock->stop_token().stop_requested()) << "what was told to stop stays told";
}

TEST_F(SessionTest, S16_EnsureLeavesThatMuchValidity) {
  const auto session = Open(Options(seconds{4}));
  EXPECT_TRUE(session->Ensure(milliseconds{3500}).ok());
  EXPECT_GE(session->valid_until(), paxos::net::Now() + milliseconds{3000});
  EXPECT_EQ(session->Ensure(seconds{10}).code(), ErrorCode::kInvalidArgument);
}

TEST_F(SessionTest, ReadsAndRefusals) {
  const auto session = Open(Options());
  auto lock = session->Acquire("door");
  ASSERT_TRUE(lock.has_value());
  const auto check = session->Read(lockservice::Check{"door", lock->token()});
  ASSERT_TRUE(check.has_value());
  EXPECT_EQ(*check, QueryReply(lockservice::TokenStanding::kValid));
  EXPECT_EQ(session->Acquire("").error().code(), ErrorCode::kInvalidArgument);
}

TEST(SessionWithoutClusterTest, SaysThatNobodyAnswers) {
  SessionOptions options;
  options.client.endpoints = {"127.0.0.1:" + std::to_string(FreePorts(1)[0])};
  options.patience = milliseconds{300};
  const auto session = Session::Open(options);
  ASSERT_FALSE(session.has_value());
  EXPECT_EQ(session.error().code(), ErrorCode::kNotFound);
  options.client.endpoints.clear();
  EXPECT_EQ(Session::Open(options).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace process
