#include "tests/net/loopback.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace paxos::net {
namespace {

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

std::pair<int, std::uint16_t> ListenOnFreePort() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener, 1), 0);
  EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  return {listener, ntohs(address.sin_port)};
}

std::pair<int, int> ConnectedTcpSockets() {
  const auto [listener, port] = ListenOnFreePort();
  const int dialed = ConnectTo(port);
  const int accepted = ::accept(listener, nullptr, nullptr);
  EXPECT_GE(accepted, 0);
  ::close(listener);
  return {dialed, accepted};
}

std::pair<int, int> ConnectedUnixSockets() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  return {ends[0], ends[1]};
}

int ConnectTo(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(port);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

void SendBytes(int fd, std::string_view bytes) {
  const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  EXPECT_EQ(sent, static_cast<ssize_t>(bytes.size()));
}

Status Recorder::OnFrame(Connection& connection, const Frame& frame) {
  frames.push_back({frame.type, frame.group, std::string(frame.payload)});
  if (when_frame) when_frame(connection, frame);
  return answer;
}

void Recorder::OnClosed(Connection& /*connection*/, const Status& why) { closed.push_back(why); }

Ends::Ends(Runtime& runtime, std::pair<int, int> sockets, const ConnectionOptions& options)
    : a(std::make_unique<Connection>(runtime, sockets.first, options)),
      b(std::make_unique<Connection>(runtime, sockets.second, options)) {
  a->SetHandler(at_a);
  b->SetHandler(at_b);
  a->Admit(FrameLimits());
  b->Admit(FrameLimits());
}

}  // namespace paxos::net
