// What a frame costs over net/: two threads, a loop each, one TCP connection over loopback (or one
// per direction, as between peers), against two threads that block on plain sockets.
//
//   net_bench [seconds per shape]
//
// Prints round trips per second and the CPU time of both ends together per frame; a round trip is
// two frames.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "net/connection.h"
#include "net/runtime.h"

namespace {

using paxos::Duration;
using paxos::Frame;
using paxos::FrameLimits;
using paxos::FrameType;
using paxos::Instant;
using paxos::Status;
using paxos::net::Connection;
using paxos::net::Now;
using paxos::net::Runtime;

constexpr std::size_t kPayloadBytes = 64;
constexpr std::size_t kFrameBytes = kPayloadBytes + paxos::kFrameHeaderBytes;

std::pair<int, int> ConnectedSockets() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const int dialed = ::socket(AF_INET, SOCK_STREAM, 0);
  const bool is_connected = ::bind(listener, any, size) == 0 && ::listen(listener, 1) == 0 &&
                            ::getsockname(listener, any, &size) == 0 &&
                            ::connect(dialed, any, size) == 0;
  const int accepted = ::accept(listener, nullptr, nullptr);
  ::close(listener);
  if (!is_connected || accepted < 0) {
    std::perror("loopback connection");
    std::exit(71);
  }
  return {dialed, accepted};
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Cost {
  double seconds = 0;
  double cpu_seconds = 0;
  double round_trips = 0;
};

Cost Measure(const std::function<std::uint64_t()>& round_trips_done) {
  const Instant begin = Now();
  const double cpu = CpuSeconds();
  const auto count = static_cast<double>(round_trips_done());
  return {std::chrono::duration<double>(Now() - begin).count(), CpuSeconds() - cpu, count};
}

void Print(const char* shape, const Cost& cost) {
  std::printf("%-34s %9.0f round trips/s   %6.2f CPU us/frame\n", shape,
              cost.round_trips / cost.seconds, cost.cpu_seconds / cost.round_trips / 2 * 1e6);
}

// Answers each frame, or counts it; on `out` if that is not the connection it came on.
class End final : public paxos::net::ConnectionHandler {
 public:
  End(Runtime& runtime, int in_fd, int out_fd) : runtime_(runtime) {
    in_ = std::make_unique<Connection>(runtime, in_fd, paxos::net::ConnectionOptions());
    in_->SetHandler(*this);
    in_->Admit(FrameLimits());
    if (out_fd == in_fd) return;
    out_ = std::make_unique<Connection>(runtime, out_fd, paxos::net::ConnectionOptions());
    out_->SetHandler(*this);
    out_->Admit(FrameLimits());
  }

  void SendOne() {
    const auto payload = [](std::string* queue) { queue->append(kPayloadBytes, 'x'); };
    (out_ ? *out_ : *in_).Send(FrameType::kPeerMessage, 0, payload);
  }

  Status OnFrame(Connection& /*connection*/, const Frame& /*frame*/) override {
    ++frames;
    SendOne();
    return Status::Ok();
  }
  void OnClosed(Connection& /*connection*/, const Status& /*why*/) override { runtime_.Stop(); }

  std::uint64_t frames = 0;

 private:
  Runtime& runtime_;
  std::unique_ptr<Connection> in_;
  std::unique_ptr<Connection> out_;
};

struct Sockets {
  int client_in = -1;
  int client_out = -1;
  int server_in = -1;
  int server_out = -1;
};

Sockets OneConnection() {
  const auto [client, server] = ConnectedSockets();
  return {client, client, server, server};
}

Sockets OnePerDirection() {
  const auto [client_out, server_in] = ConnectedSockets();
  const auto [client_in, server_out] = ConnectedSockets();
  return {client_in, client_out, server_in, server_out};
}

void MeasureLoops(const char* shape, const Sockets& sockets, int depth, Duration length) {
  Runtime server_loop;
  End server(server_loop, sockets.server_in, sockets.server_out);
  std::thread thread([&] { server_loop.Run(); });
  Runtime client_loop;
  auto client = std::make_unique<End>(client_loop, sockets.client_in, sockets.client_out);
  const Cost cost = Measure([&] {
    for (int i = 0; i < depth; ++i) client->SendOne();
    client_loop.RunUntil([] { return false; }, length);
    return client->frames;
  });
  client.reset();
  thread.join();
  Print(shape, cost);
}

bool Echo(int fd, char* buffer) {
  const ssize_t bytes = ::recv(fd, buffer, kFrameBytes, MSG_WAITALL);
  return bytes == kFrameBytes && ::send(fd, buffer, kFrameBytes, MSG_NOSIGNAL) == bytes;
}

void MeasurePlainSockets(Duration length) {
  const auto [client, server] = ConnectedSockets();
  for (const int fd : {client, server}) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  std::thread thread([fd = server] {
    char buffer[kFrameBytes];
    while (Echo(fd, buffer)) {
    }
  });
  const Cost cost = Measure([&, fd = client] {
    char buffer[kFrameBytes] = {};
    std::uint64_t count = 0;
    const Instant end = Now() + length;
    if (::send(fd, buffer, kFrameBytes, 0) != kFrameBytes) return count;
    while (Now() < end && Echo(fd, buffer)) ++count;
    return count;
  });
  ::shutdown(client, SHUT_RDWR);
  thread.join();
  ::close(client);
  ::close(server);
  Print("ping-pong, plain blocking sockets", cost);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 2;
  const auto length = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  MeasurePlainSockets(length);
  MeasureLoops("ping-pong", OneConnection(), 1, length);
  MeasureLoops("ping-pong, one per direction", OnePerDirection(), 1, length);
  MeasureLoops("64 deep", OneConnection(), 64, length);
  MeasureLoops("64 deep, one per direction", OnePerDirection(), 64, length);
  return 0;
}
