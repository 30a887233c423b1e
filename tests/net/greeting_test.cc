// Listener and Dial against each other, and against those who do not play by the rules.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "net/dial.h"
#include "net/listener.h"
#include "tests/net/loopback.h"

namespace paxos::net {
namespace {

using std::chrono::milliseconds;

constexpr ClusterId kCluster{77};

Greeting ServerGreeting() {
  return {.ours = [] { return Hello{.role = Role::kPeer, .cluster = kCluster, .node = NodeId(1)}; },
          .check =
              [](const Hello& theirs) {
                return CheckHello(theirs, {.role = Role::kClient, .cluster = kCluster});
              },
          .limits = FrameLimits().SetCap(FrameType::kClientRequest, 64)};
}

Greeting ClientGreeting(ClusterId cluster = kCluster) {
  return {.ours = [cluster] { return Hello{.role = Role::kClient, .cluster = cluster}; },
          .check =
              [cluster](const Hello& theirs) {
                return CheckHello(theirs, {.role = Role::kPeer, .cluster = cluster});
              },
          .limits = FrameLimits()};
}

// A server that echoes requests.
class EchoServer : public ListenerEvents {
 public:
  explicit EchoServer(Runtime& runtime, ListenerOptions options = {},
                      Greeting greeting = ServerGreeting()) {
    options.address = {"127.0.0.1", 0};
    auto opened = Listener::Open(runtime, options, std::move(greeting), *this);
    EXPECT_TRUE(opened.has_value());
    listener = *std::move(opened);
    recorder.when_frame = [](Connection& connection, const Frame& frame) {
      const std::string payload(frame.payload);
      connection.Send(FrameType::kClientResponse, frame.group, Bytes("re: " + payload));
    };
  }

  void OnConnection(std::unique_ptr<Connection> connection, const Hello& theirs) override {
    connection->SetHandler(recorder);
    connections.push_back(std::move(connection));
    hellos.push_back(theirs);
  }
  void OnGreetingFailed(const std::string& /*remote*/, const Status& why) override {
    failures.push_back(why);
  }

  std::uint16_t port() const { return listener->address().port; }

  std::unique_ptr<Listener> listener;
  Recorder recorder;
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<Hello> hellos;
  std::vector<Status> failures;
};

class Dialer : public DialEvents {
 public:
  Dialer(Runtime& runtime, std::uint16_t port, Greeting greeting = ClientGreeting(),
         const DialOptions& options = {})
      : dial(std::make_unique<Dial>(runtime, Address{"127.0.0.1", port}, options,
                                    std::move(greeting), *this)) {}

  void OnConnected(std::unique_ptr<Connection> taken, const Hello& theirs) override {
    dial.reset();
    connection = std::move(taken);
    connection->SetHandler(recorder);
    hello = theirs;
  }
  void OnDialFailed(DialFailure how, const Status& why) override {
    dial.reset();
    failure = {how, why};
  }

  bool is_over() const { return dial == nullptr; }

  std::unique_ptr<Dial> dial;
  std::unique_ptr<Connection> connection;
  Recorder recorder;
  Hello hello{};
  std::pair<DialFailure, Status> failure{};
};

class GreetingTest : public testing::Test {
 protected:
  bool Run(const std::function<bool()>& done) { return runtime_.RunUntil(done, kLong); }

  // The server answers a well-behaved client.
  void ExpectServes(EchoServer& server) {
    Dialer dialer(runtime_, server.port());
    EXPECT_TRUE(Run([&] { return dialer.is_over(); }));
    ASSERT_NE(dialer.connection, nullptr) << dialer.failure.second.ToString();
    dialer.connection->Send(FrameType::kClientRequest, 0, Bytes("still there?"));
    EXPECT_TRUE(Run([&] { return !dialer.recorder.frames.empty(); }));
    EXPECT_EQ(dialer.recorder.frames[0].payload, "re: still there?");
  }

  Runtime runtime_;
};

TEST_F(GreetingTest, ConnectsTwoThatAcceptEachOther) {
  EchoServer server(runtime_);
  ExpectServes(server);
  ASSERT_EQ(server.hellos.size(), 1U);
  EXPECT_EQ(server.hellos[0].role, Role::kClient);
}

TEST_F(GreetingTest, TellsTheDialerWhoAnswers) {
  EchoServer server(runtime_);
  Dialer dialer(runtime_, server.port());
  EXPECT_TRUE(Run([&] { return dialer.is_over(); }));
  EXPECT_EQ(dialer.hello.node, NodeId(1));
  EXPECT_EQ(dialer.hello.cluster, kCluster);
}

TEST_F(GreetingTest, LooksUpNames) {
  EchoServer server(runtime_);
  Dialer dialer(runtime_, server.port());
  dialer.dial = std::make_unique<Dial>(runtime_, Address{"localhost", server.port()}, DialOptions{},
                                       ClientGreeting(), dialer);
  EXPECT_TRUE(Run([&] { return dialer.connection != nullptr; }));
}

TEST_F(GreetingTest, AListenerRefusesWithAReason) {
  EchoServer server(runtime_);
  Greeting as_peer = ClientGreeting();
  as_peer.ours = [] { return Hello{.role = Role::kPeer, .cluster = kCluster, .node = NodeId(2)}; };
  Dialer dialer(runtime_, server.port(), as_peer);
  EXPECT_TRUE(Run([&] { return dialer.is_over() && !server.failures.empty(); }));
  EXPECT_EQ(dialer.failure.first, DialFailure::kTheyRefused);
  EXPECT_EQ(dialer.failure.second.code(), ErrorCode::kNotPermitted);
  EXPECT_EQ(dialer.failure.second.message(),
            ShortText(server.listener->address()) +
                ": refused by peer 1: this port is for a client, not a peer");
  EXPECT_EQ(server.failures[0].code(), ErrorCode::kNotPermitted);
}

// A stranger's refusal is no verdict on us: the dialer finds that it does not accept the other.
TEST_F(GreetingTest, ARefusalByAStrangerCountsAsOurOwn) {
  EchoServer server(runtime_);
  Dialer dialer(runtime_, server.port(), ClientGreeting(ClusterId(78)));
  EXPECT_TRUE(Run([&] { return dialer.is_over(); }));
  EXPECT_EQ(dialer.failure.first, DialFailure::kWeRefused);
  EXPECT_EQ(dialer.failure.second.code(), ErrorCode::kForeign);
}

TEST_F(GreetingTest, ADialerRefusesWithAReason) {
  EchoServer server(runtime_);
  Greeting picky = ClientGreeting();
  picky.check = [](const Hello&) { return Status(ErrorCode::kDamaged, "not you"); };
  Dialer dialer(runtime_, server.port(), picky);
  EXPECT_TRUE(Run([&] { return dialer.is_over() && !server.recorder.frames.empty(); }));
  EXPECT_EQ(dialer.failure.first, DialFailure::kWeRefused);
  const ReceivedFrame& last = server.recorder.frames.back();
  ASSERT_EQ(last.type, FrameType::kHelloRefused);
  EXPECT_EQ(Decode<HelloRefused>(last.payload)->text, "not you");
}

TEST_F(GreetingTest, FailsWhereNobodyListens) {
  std::uint16_t port = 0;
  { port = EchoServer(runtime_).port(); }
  Dialer dialer(runtime_, port);
  EXPECT_TRUE(Run([&] { return dialer.is_over(); }));
  EXPECT_EQ(dialer.failure.first, DialFailure::kUnreachable);
  EXPECT_EQ(dialer.failure.second.ToString(),
            "unavailable: 127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_F(GreetingTest, FailsWhereNobodySaysHello) {
  const auto [silent, port] = ListenOnFreePort();
  DialOptions options;
  options.connection.greeting_time_max = milliseconds(10);
  Dialer dialer(runtime_, port, ClientGreeting(), options);
  EXPECT_TRUE(Run([&] { return dialer.is_over(); }));
  EXPECT_EQ(dialer.failure.first, DialFailure::kUnreachable);
  EXPECT_EQ(dialer.failure.second.code(), ErrorCode::kTimeout);
  ::close(silent);
}

TEST_F(GreetingTest, ADialThatIsDestroyedSaysNothing) {
  EchoServer server(runtime_);
  Dialer dialer(runtime_, server.port());
  dialer.dial.reset();
  EXPECT_FALSE(runtime_.RunUntil([&] { return dialer.connection != nullptr; }, milliseconds(10)));
  ExpectServes(server);
}

TEST_F(GreetingTest, APortThatIsTakenIsAnError) {
  EchoServer first(runtime_);
  ListenerOptions options;
  options.address = first.listener->address();
  const auto second = Listener::Open(runtime_, options, ServerGreeting(), first);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().ToString(),
            "io: listen on " + ShortText(first.listener->address()) + ": Address already in use");
}

// ---- those who do not play by the rules

TEST_F(GreetingTest, KeepsServingAfterGarbage) {
  EchoServer server(runtime_);
  const int fd = ConnectTo(server.port());
  SendBytes(fd, std::string(5000, '\xff'));
  EXPECT_TRUE(Run([&] { return !server.failures.empty(); }));
  EXPECT_EQ(server.failures[0].ToString(), "damaged: frame: does not begin with QRT1");
  ::close(fd);
  ExpectServes(server);
}

TEST_F(GreetingTest, KeepsServingAfterAnOversizedHello) {
  EchoServer server(runtime_);
  const int fd = ConnectTo(server.port());
  std::string frame;
  AppendFrame(FrameType::kHello, 0, Bytes(std::string(kHelloBytesMax + 1, 'x')), &frame);
  SendBytes(fd, frame);
  EXPECT_TRUE(Run([&] { return !server.failures.empty(); }));
  EXPECT_EQ(server.failures[0].code(), ErrorCode::kDamaged);
  ::close(fd);
  ExpectServes(server);
}

TEST_F(GreetingTest, KeepsServingAfterAHelloThatDoesNotDecode) {
  EchoServer server(runtime_);
  const int fd = ConnectTo(server.port());
  std::string frame;
  AppendFrame(FrameType::kHello, 0, Bytes("?"), &frame);
  SendBytes(fd, frame);
  EXPECT_TRUE(Run([&] { return !server.failures.empty(); }));
  EXPECT_EQ(server.failures[0].ToString(), "damaged: hello: role at byte 1: unknown value 63");
  ::close(fd);
  ExpectServes(server);
}

TEST_F(GreetingTest, KeepsServingAfterAnOversizedRequest) {
  EchoServer server(runtime_);
  Dialer dialer(runtime_, server.port());
  EXPECT_TRUE(Run([&] { return dialer.connection != nullptr; }));
  dialer.connection->Send(FrameType::kClientRequest, 0, Bytes(std::string(65, 'x')));
  EXPECT_TRUE(Run([&] { return !server.recorder.closed.empty(); }));
  EXPECT_EQ(server.recorder.closed[0].code(), ErrorCode::kDamaged);
  EXPECT_TRUE(Run([&] { return !dialer.recorder.closed.empty(); }));
  ExpectServes(server);
}

TEST_F(GreetingTest, ServesWhileStrangersAreSilent) {
  ListenerOptions options;
  options.connection.greeting_time_max = milliseconds(50);
  EchoServer server(runtime_, options);
  std::vector<int> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(ConnectTo(server.port()));
  ExpectServes(server);
  EXPECT_TRUE(Run([&] { return server.failures.size() == silent.size(); }));
  EXPECT_EQ(server.failures[0].code(), ErrorCode::kTimeout);
  for (const int fd : silent) ::close(fd);
}

TEST_F(GreetingTest, TellsWhoeverIsTooMany) {
  ListenerOptions options;
  options.connections_max = 2;
  EchoServer server(runtime_, options);
  Dialer first(runtime_, server.port());
  Dialer second(runtime_, server.port());
  EXPECT_TRUE(Run([&] { return first.connection && second.connection; }));
  EXPECT_EQ(server.listener->connections(), 2U);

  Dialer third(runtime_, server.port());
  EXPECT_TRUE(Run([&] { return third.is_over(); }));
  EXPECT_EQ(third.failure.first, DialFailure::kTheyRefused);
  EXPECT_EQ(third.failure.second.code(), ErrorCode::kOverloaded);

  first.connection.reset();
  EXPECT_TRUE(Run([&] { return server.listener->connections() == 1; }));
  Dialer fourth(runtime_, server.port());
  EXPECT_TRUE(Run([&] { return fourth.connection != nullptr; }));
}

TEST_F(GreetingTest, CountsConnectionsOfOneAddress) {
  ListenerOptions options;
  options.connections_per_address_max = 1;
  EchoServer server(runtime_, options);
  Dialer first(runtime_, server.port());
  EXPECT_TRUE(Run([&] { return first.connection != nullptr; }));
  Dialer second(runtime_, server.port());
  EXPECT_TRUE(Run([&] { return second.is_over(); }));
  EXPECT_EQ(second.failure.second.code(), ErrorCode::kOverloaded);
}

// Takes every file descriptor that the process may still open.
class AllDescriptors {
 public:
  AllDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const rlimit fewer{.rlim_cur = 128, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &fewer), 0);
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) taken_.push_back(fd);
    EXPECT_EQ(errno, EMFILE);
  }
  ~AllDescriptors() {
    for (const int fd : taken_) ::close(fd);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0);
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

// UBSan looks at an object's memory through a pipe of its own: without descriptors it takes every
// virtual call for a broken one.
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#define PAXOS_UBSAN 1
#endif
#endif

TEST_F(GreetingTest, SurvivesRunningOutOfFileDescriptors) {
#ifdef PAXOS_UBSAN
  GTEST_SKIP() << "UBSan needs descriptors too";
#endif
  ListenerOptions options;
  options.accept_pause = milliseconds(5);
  EchoServer server(runtime_, options);
  const int fd = ConnectTo(server.port());
  {
    const AllDescriptors taken;
    EXPECT_FALSE(
        runtime_.RunUntil([&] { return server.listener->connections() > 0; }, milliseconds(20)));
  }
  EXPECT_TRUE(Run([&] { return server.listener->connections() == 1; }));
  ::close(fd);
  ExpectServes(server);
}

}  // namespace
}  // namespace paxos::net
