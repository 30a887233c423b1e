// A replicated counter in one process: three replicas on one runtime, each with a disk, a port and
// a state machine of its own. README.md shows the part between the two marks.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "net/node_loop.h"
#include "net/runtime.h"
#include "net/tcp_transport.h"
#include "paxos/node.h"
#include "storage/data_directory.h"

using namespace paxos;
using namespace std::chrono_literals;

namespace {

template <class T>
T OrDie(Result<T> result) {
  if (result.has_value()) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().ToString().c_str());
  std::exit(1);
}

void OrDie(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

const ClusterId kCluster{2026};

// [readme
struct Counter : StateMachine {  // each command adds one; the reply is the sum
  Applied Apply(const ApplyContext&, std::string_view) override {
    return {std::to_string(++sum), {}};
  }
  std::string Snapshot() const override { return std::to_string(sum); }
  Status Restore(std::string_view bytes) override {
    sum = std::strtoull(std::string(bytes).c_str(), nullptr, 10);
    return Status::Ok();
  }
  std::uint64_t sum = 0;
};

struct Member : NodeEvents {  // one disk, one port, one state machine
  Member(net::Runtime& runtime, const ReplicaOptions& replica, const net::TcpTransportOptions& tcp,
         const std::string& directory)
      : disk(OrDie(storage::OpenStorage(directory, kCluster, replica.self, tcp.group, {},
                                        [&](auto done) { runtime.Post(std::move(done)); }))),
        transport(runtime, tcp),
        node(replica, *disk, transport, counter, *this),
        loop(runtime, transport, node) {
    disk->Start(node);
    OrDie(loop.Start());
  }
  void OnProposal(const Done&, const std::optional<std::string>& reply) override { last = reply; }
  void OnFailed(const Status& why) override { OrDie(why); }

  Counter counter;
  std::unique_ptr<storage::LevelDbStorage> disk;
  net::TcpTransport transport;
  Node node;
  net::NodeLoop loop;
  std::optional<std::string> last;  // reply
};
// readme]

// A node's disk is made once, by name; a start never creates one.
std::string MakeDisk(const std::filesystem::path& parent, NodeId self) {
  const std::string name = "n" + std::to_string(self.value());
  const std::string directory = parent / name;
  OrDie(storage::InitDirectory(directory, {kCluster, self, name}, GroupId{}));
  return directory;
}

using Members = std::vector<std::unique_ptr<Member>>;

Members StartMembers(net::Runtime& runtime, const std::filesystem::path& parent) {
  const Membership membership({NodeId{1}, NodeId{2}, NodeId{3}});
  Members members;
  for (const NodeId self : membership.voters()) {
    net::TcpTransportOptions tcp{.self = self, .cluster = kCluster, .listen = {"127.0.0.1", 0}};
    for (const NodeId peer : membership.voters())
      if (peer != self) tcp.peers[peer] = {"127.0.0.1", 1};  // not known yet
    std::random_device chance;
    const ReplicaOptions replica{
        .self = self, .membership = membership, .seed = chance(), .life = chance() | 1U};
    members.push_back(std::make_unique<Member>(runtime, replica, tcp, MakeDisk(parent, self)));
  }
  for (const auto& from : members)
    for (const auto& to : members)
      if (from != to)
        from->transport.SetPeerAddress(to->node.replica().options().self, to->transport.address());
  return members;
}

Member* Leader(const Members& members) {
  for (const auto& member : members)
    if (member->node.replica().IsLeading()) return member.get();
  return nullptr;
}

int Run(const std::filesystem::path& parent) {
  net::Runtime runtime;
  Members members = StartMembers(runtime, parent);
  if (!runtime.RunUntil([&] { return Leader(members) != nullptr; }, 30s)) return 2;
  for (std::uint64_t n = 1; n <= 3; ++n) {
    Member& leader = *Leader(members);
    leader.last.reset();
    leader.node.Propose(net::Now(), ProposalId{n}, "add one");
    if (!runtime.RunUntil([&] { return leader.last.has_value(); }, 30s)) return 3;
    std::printf("the counter is %s\n", leader.last->c_str());
  }
  const auto all_agree = [&] {
    for (const auto& member : members)
      if (member->counter.sum != 3) return false;
    return true;
  };
  return runtime.RunUntil(all_agree, 30s) ? 0 : 4;
}

}  // namespace

int main() {
  std::string pattern = std::filesystem::temp_directory_path() / "quorate-embed-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) return 1;
  const int code = Run(pattern);
  std::filesystem::remove_all(pattern);
  return code;
}
