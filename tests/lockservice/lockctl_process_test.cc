// lockctl as scripts use it: exit codes, signals, environment, and a command that never outlives
// its lock.
#include "tests/lockservice/process_cluster.h"

namespace process {
namespace {

class LockctlTest : public ClusterTest {
 protected:
  // Whether a lock of that name is held at all.
  bool IsHeld(const std::string& name) { return HolderToken(name).has_value(); }
  bool AwaitWaiter(const std::string& name) {
    return Eventually([&] { return WaitingFor(name) == 1; });
  }
};

// ---- run ------------------------------------------------------------------------------------

TEST_F(LockctlTest, RunGivesTheCommandsOwnStatus) {
  EXPECT_EQ(Ctl({"run", "a", "--", "true"}).exit_code, 0);
  EXPECT_EQ(Ctl({"run", "a", "--", "sh", "-c", "exit 7"}).exit_code, 7);
  EXPECT_EQ(Ctl({"run", "a", "--", "sh", "-c", "kill -9 $$"}).exit_code, 128 + SIGKILL);
  EXPECT_EQ(Ctl({"run", "a", "--", dir() / "none"}).exit_code, 127);
  EXPECT_EQ(Ctl({"run", "a", "--", dir()}).exit_code, 126);
  EXPECT_FALSE(IsHeld("a"));
}

TEST_F(LockctlTest, RunPassesInputArgumentsAndEnvironment) {
  WriteAll(dir() / "input", "hello");
  const Ended cat = Ctl({"run", "a", "--", "cat"}, {}, dir() / "input");
  EXPECT_EQ(cat.out, "hello");
  const Ended echo = Ctl({"run", "a", "--", "printf", "%s|", "-n", "--", "", "two words"});
  EXPECT_EQ(echo.out, "-n|--||two words|");
  const Ended env = Ctl({"run", "--note", "why", "jobs/nightly", "--", "env"});
  for (const std::string& line :
       {std::string("LOCK_NAME=jobs/nightly\n"), std::string("LOCK_MODE=exclusive\n"),
        "LOCK_ENDPOINTS=" + endpoints() + "\n", std::string("LOCK_TOKEN="),
        std::string("LOCK_SESSION="), std::string("LOCK_VALID_UNTIL_MS=")})
    EXPECT_NE(env.out.find(line), std::string::npos) << line << env.out;
}

TEST_F(LockctlTest, RunRefusesAtOnceWithTheCodeThatWasAskedFor) {
  ASSERT_TRUE(Acquire("a", "60s", {"--note", "nightly backup"}));
  const Ended refused = Ctl({"run", "-n", "a", "--", "true"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("held by session"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("nightly backup"), std::string::npos) << refused.err;
  EXPECT_EQ(Ctl({"run", "-n", "-E", "9", "a", "--", "true"}).exit_code, 9);
}

TEST_F(LockctlTest, RunWaitsAsLongAsItWasToldAndSaysWhereItStands) {
  const auto held = Acquire("a", "60s");
  ASSERT_TRUE(held);
  const Ended timed_out = Ctl({"run", "-w", "800ms", "-E", "9", "a", "--", "true"});
  EXPECT_EQ(timed_out.exit_code, 9);
  EXPECT_NE(timed_out.err.find("place 1 of 1 in the queue"), std::string::npos) << timed_out.err;
  EXPECT_NE(timed_out.err.find("not granted within 800ms"), std::string::npos) << timed_out.err;
  EXPECT_EQ(WaitingFor("a"), 0U);

  const auto waiting = StartCtl({"run", "-w", "60", "a", "--", "echo", "granted"});
  ASSERT_TRUE(AwaitWaiter("a"));
  const std::string token = std::to_string(held->token);
  ASSERT_EQ(Ctl({"release", "--session", held->session, "--token", token, "a"}).exit_code, 0);
  EXPECT_EQ(waiting->ExitCode(), 0);
  EXPECT_EQ(waiting->Out(), "granted\n");
}

TEST_F(LockctlTest, ASignalToAWaitingRunTakesItOutOfTheQueue) {
  ASSERT_TRUE(Acquire("a", "60s"));
  for (int signal : {SIGTERM, SIGINT, SIGUSR1}) {
    const auto waiting = StartCtl({"run", "a", "--", "true"});
    ASSERT_TRUE(AwaitWaiter("a"));
    waiting->Signal(signal);
    EXPECT_EQ(waiting->ExitCode(), 128 + signal);
    EXPECT_EQ(WaitingFor("a"), 0U);
  }
}

TEST_F(LockctlTest, SignalsReachTheCommandAndEveryProcessOfIts) {
  const std::string script =
      "trap 'echo usr1' USR1; trap 'echo term; exit 5' TERM; echo ready; while :; do sleep 0.1; "
      "done";
  const auto run = StartCtl({"run", "a", "--", "sh", "-c", script});
  ASSERT_TRUE(run->AwaitOut("ready"));
  run->Signal(SIGUSR1);
  EXPECT_TRUE(run->AwaitOut("usr1"));
  run->Signal(SIGTERM);
  EXPECT_EQ(run->ExitCode(), 5);
  EXPECT_FALSE(IsHeld("a"));
}

TEST_F(LockctlTest, RunUsageErrors) {
  EXPECT_EQ(Ctl({"run", "a"}).exit_code, 64);
  EXPECT_EQ(Ctl({"run", "--nonsense", "a", "--", "true"}).exit_code, 64);
  EXPECT_EQ(Ctl({"run", "-w", "soon", "a", "--", "true"}).exit_code, 64);
  EXPECT_EQ(Ctl({"run", "--ttl", "4s", "--kill-grace", "3s", "a", "--", "true"}).exit_code, 64);
  const Ended long_name = Ctl({"run", std::string(513, 'x'), "--", "true"});
  EXPECT_EQ(long_name.exit_code, 64);
  EXPECT_NE(long_name.err.find("at most 512"), std::string::npos) << long_name.err;
  const Ended nowhere = RunToEnd(LOCKCTL_PATH, {"get", "a"}, {{"LOCK_ENDPOINTS", ""}});
  EXPECT_EQ(nowhere.exit_code, 64);
  EXPECT_NE(nowhere.err.find("--endpoints"), std::string::npos) << nowhere.err;
}

TEST_F(LockctlTest, AnUnreachableClusterIsSaidToBeUnreachable) {
  const std::string nobody = "127.0.0.1:" + std::to_string(FreePorts(1)[0]);
  const Ended run = RunToEnd(
      LOCKCTL_PATH, {"--endpoints", nobody, "--patience", "500ms", "run", "a", "--", "true"});
  EXPECT_EQ(run.exit_code, 69);
  EXPECT_NE(run.err.find(nobody), std::string::npos) << run.err;
  EXPECT_EQ(RunToEnd(LOCKCTL_PATH, {"--endpoints", nobody, "status"}).exit_code, 69);
}

// The heart of `run`: by the time the lock can be somebody else's, the command is dead, and so is
// what it started, however it clings to life.
TEST_F(LockctlTest, ALostLockEndsTheCommandBeforeValidityDoes) {
  const std::string script =
      "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ >" + (dir() / "grandchild").string() +
      "; while :; do sleep 0.05; done' & echo ready; while :; do sleep 0.05; done";
  const auto run = StartCtl({"run", "--ttl", "3s", "a", "--", "sh", "-c", script});
  ASSERT_TRUE(run->AwaitOut("ready"));
  ASSERT_TRUE(
      Eventually([&] { return ReadAll(dir() / "grandchild").find('\n') != std::string::npos; }));
  const pid_t grandchild = std::stoi(ReadAll(dir() / "grandchild"));
  const auto cut_off = Clock::now();
  for (std::size_t i = 0; i < NodeCount(); ++i) node(i).Signal(SIGSTOP);
  EXPECT_EQ(run->ExitCode(), 75);
  // The last answer came before the cut, so validity ended at most a TTL after it.
  EXPECT_LT(Clock::now() - cut_off, seconds{3});
  EXPECT_TRUE(Eventually([&] { return kill(grandchild, 0) != 0; }, seconds{5}));
  EXPECT_NE(run->Err().find("lost a"), std::string::npos) << run->Err();
}

TEST_F(LockctlTest, ACommandThatEndsOnTermIsNotKilled) {
  const std::string script =
      "trap 'echo cleaned up; exit 0' TERM; echo ready; "
      "while :; do sleep 0.05; done";
  const auto run = StartCtl({"run", "--ttl", "3s", "a", "--", "sh", "-c", script});
  ASSERT_TRUE(run->AwaitOut("ready"));
  for (std::size_t i = 0; i < NodeCount(); ++i) node(i).Signal(SIGSTOP);
  EXPECT_EQ(run->ExitCode(), 75);
  EXPECT_NE(run->Out().find("cleaned up"), std::string::npos);
}

TEST_F(LockctlTest, AKilledHolderTakesItsCommandWithItAndItsLockGoesOnAfterTheTtl) {
  const auto holder =
      StartCtl({"run", "--ttl", "3s", "a", "--", "sh", "-c", "echo $$; exec sleep 60"});
  ASSERT_TRUE(holder->AwaitOut("\n"));
  const pid_t command = std::stoi(holder->Out());
  const auto before = HolderToken("a");
  holder->Signal(SIGKILL);
  EXPECT_TRUE(Eventually([&] { return kill(command, 0) != 0; }));
  EXPECT_EQ(Ctl({"run", "-w", "60", "a", "--", "true"}).exit_code, 0);
  const auto after = Acquire("a", "5s");
  ASSERT_TRUE(before && after);
  EXPECT_GT(after->token, *before);
}

// ---- acquire, renew, release ----------------------------------------------------------------

TEST_F(LockctlTest, ALockOutlivesAcquireUntilItIsReleased) {
  const Ended acquired = Ctl({"acquire", "--ttl", "60s", "it's"});
  EXPECT_EQ(acquired.exit_code, 0);
  EXPECT_EQ(acquired.out.find("LOCK_NAME='it'\\''s'\nLOCK_SESSION="), 0U) << acquired.out;
  EXPECT_TRUE(IsHeld("it's"));
}

TEST_F(LockctlTest, RenewingKeepsASessionAlive) {
  const auto held = Acquire("a", "3s");
  ASSERT_TRUE(held);
  const auto end = Clock::now() + seconds{5};
  while (Clock::now() < end) EXPECT_EQ(Ctl({"renew", "--session", held->session}).exit_code, 0);
  EXPECT_EQ(HolderToken("a"), held->token);
  EXPECT_TRUE(Eventually([&] { return !IsHeld("a"); })) << "it ends when nobody renews";
  const Ended late = Ctl({"renew", "--session", held->session});
  EXPECT_EQ(late.exit_code, 75);
  EXPECT_NE(late.err.find("has ended"), std::string::npos) << late.err;
}

// Whatever the command does with the session that it runs in, nothing stays held until its TTL
// ends.
TEST_F(LockctlTest, TheCommandMayRenewOrReleaseTheLockThatItRunsUnder) {
  const Ended renewed = Ctl({"run", "--ttl", "60s", "a", "--", LOCKCTL_PATH, "renew"});
  EXPECT_EQ(renewed.exit_code, 0) << renewed.err;
  EXPECT_FALSE(IsHeld("a"));
  const Ended released = Ctl({"run", "--ttl", "60s", "a", "--", LOCKCTL_PATH, "release", "a"});
  EXPECT_EQ(released.exit_code, 0) << released.err;
  EXPECT_EQ(released.err, "");
  EXPECT_FALSE(IsHeld("a"));
}

TEST_F(LockctlTest, S09_ReleaseNeedsTheToken) {
  const auto held = Acquire("a", "60s");
  ASSERT_TRUE(held);
  const std::string wrong = std::to_string(held->token + 1);
  const Ended refused = Ctl({"release", "--session", held->session, "--token", wrong, "a"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("stale token"), std::string::npos) << refused.err;
  EXPECT_EQ(HolderToken("a"), held->token);
  const Ended released = Ctl({"release", "a"}, {{"LOCK_SESSION", held->session},
                                                {"LOCK_TOKEN", std::to_string(held->token)}});
  EXPECT_EQ(released.exit_code, 0) << released.err;
  EXPECT_FALSE(IsHeld("a"));
}

// ---- looking --------------------------------------------------------------------------------

TEST_F(LockctlTest, CheckTellsHowATokenStands) {
  const auto first = Acquire("a", "60s");
  ASSERT_TRUE(first);
  const std::string token = std::to_string(first->token);
  const Ended valid = Ctl({"check", "a", token});
  EXPECT_EQ(valid.out, "VALID\n");
  EXPECT_EQ(valid.exit_code, 0);
  Ctl({"release", "--session", first->session, "--token", token, "a"});
  EXPECT_EQ(Ctl({"check", "a", token}).out, "NOT_HELD\n");
  ASSERT_TRUE(Acquire("a", "60s"));
  const Ended stale = Ctl({"check", "a", token});
  EXPECT_EQ(stale.out, "STALE\n");
  EXPECT_EQ(stale.exit_code, 1);
  EXPECT_EQ(Ctl({"check", "a", "99999"}).out, "UNKNOWN\n");
}

TEST_F(LockctlTest, ListsLocksAndQueues) {
  ASSERT_TRUE(Acquire("jobs/a", "60s", {"--note", "evil\x1b[2Jnote"}));
  ASSERT_TRUE(Acquire("jobs/b", "60s"));
  ASSERT_TRUE(Acquire("other", "60s"));
  const auto waiting = StartCtl({"run", "--note", "me too", "jobs/a", "--", "true"});
  ASSERT_TRUE(AwaitWaiter("jobs/a"));
  const Ended list = Ctl({"ls", "jobs/"});
  EXPECT_NE(list.out.find("jobs/a"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find("evil\\x1b[2Jnote"), std::string::npos) << list.out;
  EXPECT_EQ(list.out.find("other"), std::string::npos) << list.out;
  EXPECT_EQ(CtlJson({"ls"}).as_array().size(), 3U);
  const Ended queue = Ctl({"queue", "jobs/a"});
  EXPECT_NE(queue.out.find("me too"), std::string::npos) << queue.out;
  EXPECT_EQ(CtlJson({"queue", "jobs/a"}).at("waiters").as_array().size(), 1U);
  EXPECT_EQ(Ctl({"get", "jobs/none"}).out, "jobs/none: free; 0 waiting\n");
}

TEST_F(LockctlTest, StatusShowsEveryServer) {
  const std::size_t leader = Leader();
  KillNode((leader + 1) % 3);
  const Ended status = Ctl({"status"});
  EXPECT_EQ(status.exit_code, 0);
  for (const char* text : {"leader", "follower", "unreachable"})
    EXPECT_NE(status.out.find(text), std::string::npos) << status.out;
}

// ---- guard ----------------------------------------------------------------------------------

TEST_F(LockctlTest, S05_TheGuardLetsNoStaleTokenIn) {
  const std::string mark = dir() / "mark";
  EXPECT_EQ(Ctl({"guard", mark, "5", "--", "sh", "-c", "exit 3"}).exit_code, 3);
  EXPECT_EQ(Ctl({"guard", mark, "7", "--", "true"}).exit_code, 0);
  const Ended stale = Ctl({"guard", mark, "6", "--", "touch", dir() / "written"});
  EXPECT_EQ(stale.exit_code, 1);
  EXPECT_NE(stale.err.find("token 6 is stale"), std::string::npos) << stale.err;
  EXPECT_FALSE(std::filesystem::exists(dir() / "written"));
  EXPECT_EQ(Ctl({"guard", mark, "0", "--", "true"}).exit_code, 64);
  EXPECT_EQ(Ctl({"guard", mark, "8", "--", dir() / "none"}).exit_code, 127);
  WriteAll(mark, "garbage");
  EXPECT_EQ(Ctl({"guard", mark, "9", "--", "true"}).exit_code, 65);
}

TEST_F(LockctlTest, S05_TheGuardIsHeldWhileTheCommandRuns) {
  const std::string mark = dir() / "mark";
  const auto inside = StartCtl({"guard", mark, "1", "--", "sh", "-c", "echo in; exec sleep 60"});
  ASSERT_TRUE(inside->AwaitOut("in"));
  EXPECT_EQ(Ctl({"guard", "-w", "100ms", mark, "2", "--", "true"}).exit_code, 75);
  inside->Signal(SIGKILL);
  EXPECT_EQ(inside->ExitCode(), 128 + SIGKILL);
  EXPECT_EQ(Ctl({"guard", mark, "2", "--", "true"}).exit_code, 0);
}

}  // namespace
}  // namespace process
