#include "net/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>

namespace paxos::net {
namespace {

// A client that is silent for this long is asked whether it still exists, this often.
constexpr int kProbeAfterSeconds = 15;
constexpr int kProbeEverySeconds = 5;
constexpr int kProbesMax = 3;

void Set(int fd, int level, int name, int value) {
  // Best effort: a kernel that refuses one leaves a slower connection, not a wrong one.
  static_cast<void>(::setsockopt(fd, level, name, &value, sizeof value));
}

}  // namespace

void TuneSocket(int fd, Duration unacknowledged_max) {
  if (FamilyOf(fd) == AF_UNIX) return;
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(unacknowledged_max);
  Set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(milliseconds.count()));
  Set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  Set(fd, IPPROTO_TCP, TCP_KEEPIDLE, kProbeAfterSeconds);
  Set(fd, IPPROTO_TCP, TCP_KEEPINTVL, kProbeEverySeconds);
  Set(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbesMax);
}

int FamilyOf(int fd) {
  int family = AF_INET;
  socklen_t size = sizeof family;
  static_cast<void>(::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size));
  return family;
}

Address RemoteOf(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (::getpeername(fd, address, &size) != 0) return {.host = "unknown", .port = 0};
  if (storage.ss_family == AF_UNIX) return {.host = "local", .port = 0};
  char host[NI_MAXHOST] = "unknown";
  char port[NI_MAXSERV] = "0";
  static_cast<void>(::getnameinfo(address, size, host, sizeof host, port, sizeof port,
                                  NI_NUMERICHOST | NI_NUMERICSERV));
  Address remote{.host = host, .port = 0};
  std::from_chars(port, port + std::strlen(port), remote.port);
  return remote;
}

}  // namespace paxos::net
