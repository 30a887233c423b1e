#include <cstdio>
#include <random>

#include "lockservice/cluster_file.h"
#include "lockservice/lockd.h"
#include "storage/data_directory.h"

namespace lockservice {

using paxos::ErrorCode;
using paxos::Result;
using paxos::Status;

namespace {

// Never 0, never used before (N1), and small enough for every JSON reader.
std::uint64_t DrawId() {
  std::random_device device;
  const std::uint64_t high = device();
  const std::uint64_t id = (high << 32 | device()) & ((std::uint64_t{1} << 53) - 1);
  return id == 0 ? DrawId() : id;
}

Result<ClusterNode> ParseNodeFlag(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::size_t comma = text.find(',', equals == std::string::npos ? 0 : equals);
  if (equals == std::string::npos || comma == std::string::npos)
    return Status(ErrorCode::kInvalidArgument,
                  "--node " + text + ": must be NAME=PEER_ADDRESS,CLIENT_ADDRESS");
  const auto peer = paxos::net::ParseAddress(text.substr(equals + 1, comma - equals - 1));
  if (!peer.has_value()) return peer.error().Annotate("--node " + text + ": peer address");
  const auto client = paxos::net::ParseAddress(text.substr(comma + 1));
  if (!client.has_value()) return client.error().Annotate("--node " + text + ": client address");
  return ClusterNode{text.substr(0, equals), paxos::NodeId(DrawId()), *peer, *client};
}

}  // namespace

ExitCode Genesis(const GenesisFlags& flags) {
  ClusterFile file;
  file.cluster = paxos::ClusterId(DrawId());
  if (flags.alpha != 0) file.alpha = flags.alpha;
  for (const std::string& text : flags.nodes) {
    Result<ClusterNode> node = ParseNodeFlag(text);
    if (!node.has_value()) {
      Complain(node.error());
      return ExitCode::kUsage;
    }
    file.nodes.push_back(*std::move(node));
  }
  if (Status valid = Validate(file); !valid.ok()) {
    Complain(valid);
    return ExitCode::kUsage;
  }
  if (Status written = WriteNewClusterFile(flags.out, file); !written.ok())
    return Complain(written);
  std::printf("cluster %s of %zu nodes: %s\n", ShortText(file.cluster).c_str(), file.nodes.size(),
              flags.out.c_str());
  return ExitCode::kOk;
}

ExitCode Init(const InitFlags& flags) {
  const Result<ClusterFile> file = ReadClusterFile(flags.cluster_file);
  if (!file.has_value()) return Complain(file.error());
  const ClusterNode* node = file->FindByName(flags.name);
  if (node == nullptr) {
    return Complain({ErrorCode::kInvalidArgument,
                     "cluster file " + flags.cluster_file + " has no node named " + flags.name});
  }
  const paxos::storage::Identity identity{file->cluster, node->id, node->name, file->genesis()};
  const Status made = paxos::storage::InitDirectory(flags.directory, identity, paxos::GroupId{});
  if (!made.ok()) return Complain(made);
  std::printf("%s is the disk of %s\n", flags.directory.c_str(), ShortText(identity).c_str());
  return ExitCode::kOk;
}

}  // namespace lockservice
