#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "lockservice/cluster_file.h"
#include "lockservice/lockd.h"
#include "lockservice/server_io.h"
#include "net/runtime.h"
#include "net/tcp_transport.h"
#include "storage/data_directory.h"

namespace lockservice {

using paxos::ErrorCode;
using paxos::Instant;
using paxos::NodeId;
using paxos::Status;
using paxos::net::Address;

namespace {

// What a start goes by, once everything that can be checked without the disk's log is.
struct Plan {
  ClusterFile file{};
  ClusterNode self{};
  Address listen_peer{};
  Address listen_client{};
};

paxos::Result<Address> ListenAddress(const char* flag, const std::string& text,
                                     const Address& otherwise) {
  if (text.empty()) return otherwise;
  paxos::Result<Address> address = paxos::net::ParseAddress(text);
  if (!address.has_value()) return address.error().Annotate(flag);
  return address;
}

Status CheckExposure(const RunFlags& flags, const Address& address) {
  if (flags.insecure || paxos::net::IsLoopback(address)) return Status::Ok();
  return {ErrorCode::kInvalidArgument,
          "listen on " + ShortText(address) +
              ": other machines would be served without encryption or passwords; say --insecure "
              "if the network is trusted"};
}

paxos::Result<Plan> MakePlan(const RunFlags& flags) {
  Plan plan;
  paxos::Result<ClusterFile> file = ReadClusterFile(flags.cluster_file);
  if (!file.has_value()) return file.error();
  plan.file = *std::move(file);
  const auto identity = paxos::storage::ReadIdentity(flags.directory);
  if (!identity.has_value()) return identity.error().Annotate("data directory " + flags.directory);
  const ClusterNode* self = plan.file.FindById(identity->node);
  if (identity->cluster != plan.file.cluster || self == nullptr) {
    return Status(ErrorCode::kForeign, flags.directory + " is the disk of " + ShortText(*identity) +
                                           ", which " + flags.cluster_file + " does not list");
  }
  if (identity->genesis != plan.file.genesis()) {
    return Status(
        ErrorCode::kForeign,
        flags.directory + " was made for other nodes or another alpha than " + flags.cluster_file +
            " lists: they are fixed when the cluster is made, and the nodes that still go "
            "by the old file could form a second quorum [M1]");
  }
  plan.self = *self;
  const auto peer = ListenAddress("--listen-peer", flags.listen_peer, self->peer);
  if (!peer.has_value()) return peer.error();
  const auto client = ListenAddress("--listen-client", flags.listen_client, self->client);
  if (!client.has_value()) return client.error();
  plan.listen_peer = *peer;
  plan.listen_client = *client;
  for (const Address& address : {*peer, *client}) {
    if (Status exposed = CheckExposure(flags, address); !exposed.ok()) return exposed;
  }
  return plan;
}

ServerOptions OptionsOf(const Plan& plan) {
  ServerOptions options;
  options.replica.self = plan.self.id;
  options.replica.membership = plan.file.membership();
  options.replica.alpha = plan.file.alpha;
  std::random_device chance;
  options.replica.seed = chance();
  options.replica.life = std::uint64_t{chance()} << 32 | chance();
  for (const ClusterNode& node : plan.file.nodes)
    options.nodes[node.id] = ServerIdentity{node.name, ShortText(node.client)};
  return options;
}

paxos::net::TcpTransportOptions TransportOf(const Plan& plan) {
  paxos::net::TcpTransportOptions options;
  options.self = plan.self.id;
  options.cluster = plan.file.cluster;
  options.listen = plan.listen_peer;
  for (const ClusterNode& node : plan.file.nodes) {
    if (node.id != plan.self.id) options.peers[node.id] = node.peer;
  }
  return options;
}

// A node of the cluster, from its disk to its ports.
class Lockd final : private paxos::NodeEvents, private paxos::net::TurnHandler {
 public:
  Lockd(paxos::net::Runtime& runtime, const Plan& plan, paxos::storage::LevelDbStorage& disk)
      : runtime_(runtime),
        plan_(plan),
        transport_(runtime, TransportOf(plan)),
        server_(OptionsOf(plan), disk, transport_, this),
        loop_(runtime, transport_, server_,
              ServerLoopOptions{plan.file.cluster, plan.listen_client}) {
    disk.Start(server_.node());
    loop_.WhenLogging([](const std::string& line) { spdlog::info("{}", line); });
    loop_.WhenCuttingOff([](const std::string& line) { spdlog::warn("client {}", line); });
    loop_.WhenCastOut([this](const Status& why) { End(ExitCodeOf(why), why); });
    runtime_.AddTurnHandler(*this);
  }
  ~Lockd() override { runtime_.RemoveTurnHandler(*this); }

  Status Recover() {
    return loop_.Recover([this](paxos::Slot at, paxos::Slot of) { LogReplay(at, of); });
  }
  Status OpenPorts() { return loop_.OpenPorts(); }

  // What tests and scripts wait for.
  [[nodiscard]] std::string ReadyLine() const {
    return "ready node=" + plan_.self.name + " peer=" + ShortText(transport_.address()) +
           " client=" + ShortText(loop_.client_address()) + "\n";
  }
  [[nodiscard]] const Server& server() const { return server_; }
  [[nodiscard]] ExitCode exit_code() const { return exit_code_; }

 private:
  void OnProposal(const paxos::Done& /*outcome*/,
                  const std::optional<std::string>& /*reply*/) override {}
  void OnFailed(const Status& why) override { End(ExitCode::kDisk, why); }

  // Whom it takes for the leader, told when that changes.
  Instant OnTurn(Instant /*now*/) override {
    if (server_.node().failed()) return paxos::kNever;
    const paxos::Replica& replica = server_.node().replica();
    const bool is_leading = replica.IsLeading();
    const std::optional<NodeId> leader =
        is_leading ? std::optional(plan_.self.id) : replica.leader_hint();
    if (leader == told_leader_ && is_leading == told_leading_) return paxos::kNever;
    told_leader_ = leader;
    told_leading_ = is_leading;
    if (is_leading)
      spdlog::info("leading in ballot {}", ShortText(replica.proposer().leading()->ballot));
    else if (leader && *leader != plan_.self.id)
      spdlog::info("{} leads", NameOf(*leader));
    else
      spdlog::info("no leader");
    return paxos::kNever;
  }

  [[nodiscard]] std::string NameOf(NodeId node) const {
    const ClusterNode* found = plan_.file.FindById(node);
    return found == nullptr ? "node " + ShortText(node) : found->name;
  }

  void LogReplay(paxos::Slot at, paxos::Slot of) {
    const Instant now = paxos::net::Now();
    if (at != of && now < next_replay_line_) return;
    next_replay_line_ = now + std::chrono::seconds{1};
    spdlog::info("replayed the log up to slot {} of {}", at.value(), of.value());
  }

  void End(ExitCode code, const Status& why) {
    spdlog::error("{}", why.ToString());
    exit_code_ = code;
    runtime_.Stop();
  }

  paxos::net::Runtime& runtime_;
  const Plan& plan_;
  paxos::net::TcpTransport transport_;
  Server server_;
  ServerLoop loop_;
  ExitCode exit_code_ = ExitCode::kOk;
  std::optional<NodeId> told_leader_{};
  bool told_leading_ = false;
  Instant next_replay_line_{};
};

void StartLog(const RunFlags& flags, const std::string& name) {
  auto logger = spdlog::stderr_logger_mt(name);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %n %l: %v");
  spdlog::set_default_logger(std::move(logger));
  spdlog::set_level(spdlog::level::from_str(flags.log_level));
}

ExitCode CannotStart(ExitCode code, const Status& why) {
  spdlog::error("cannot start: {}", why.ToString());
  return code;
}

bool Announce(int fd, const std::string& line) {
  return write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

ExitCode Serve(const RunFlags& flags, const Plan& plan) {
  paxos::net::Runtime runtime;
  auto disk = paxos::storage::OpenStorage(
      flags.directory, plan.file.cluster, plan.self.id, paxos::GroupId{}, {},
      [&runtime](std::function<void()> function) { runtime.Post(std::move(function)); });
  if (!disk.has_value()) return CannotStart(ExitCodeOf(disk.error()), disk.error());
  Lockd lockd(runtime, plan, **disk);
  runtime.OnSignals({SIGTERM, SIGINT}, [&runtime](int signal) {
    spdlog::info("stopping: signal {}", signal);
    runtime.Stop();
  });
  if (Status recovered = lockd.Recover(); !recovered.ok())
    return CannotStart(ExitCodeOf(recovered), recovered);
  if (Status opened = lockd.OpenPorts(); !opened.ok())
    return CannotStart(ExitCode::kSystem, opened);
  spdlog::info("node {} of cluster {}: peers on {}, clients on {}, {} commands applied",
               plan.self.id.value(), plan.file.cluster.value(), ShortText(plan.listen_peer),
               ShortText(plan.listen_client), lockd.server().applied().value());
  if (!Announce(flags.ready_fd, lockd.ReadyLine()))
    spdlog::warn("nobody reads the ready line on file descriptor {}", flags.ready_fd);
  runtime.Run();
  spdlog::info("stopped");
  return lockd.exit_code();
}

}  // namespace

ExitCode Run(const RunFlags& flags) {
  const paxos::Result<Plan> plan = MakePlan(flags);
  if (!plan.has_value()) return Complain(plan.error());
  std::signal(SIGPIPE, SIG_IGN);
  StartLog(flags, plan->self.name);
  return Serve(flags, *plan);
}

}  // namespace lockservice
