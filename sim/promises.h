// What nodes promise and attest, against what their disks hold at that very moment.
//
// INV-3 a ballot belongs to one node and one life of its process, and grows over restarts. INV-4
// promises never fall, crashes included; accepts respect them. INV-21 nobody leads whom a quorum
// has not promised to follow. INV-5 rule D1: nothing leaves before what it attests is in D_i. P3: a
// promise reports everything accepted.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "paxos/message.h"
#include "paxos/record.h"
#include "sim/choices.h"
#include "sim/disk_image.h"

namespace paxos::sim {

class Promises {
 public:
  Promises(std::size_t nodes, const Choices& choices);

  void OnStart(NodeId node);
  // `image` is D_i of the sender.
  void OnSend(const Envelope& envelope, const DiskImage& image);
  // The node leads in `ballot` from here on.
  void OnLead(NodeId node, const Ballot& ballot, const DiskImage& image);
  // `image` is D_i without the batch.
  void OnStored(const std::vector<Record>& batch, const DiskImage& image);

 private:
  void Check(NodeId from, const DiskImage& image, const Prepare& prepare);
  void Check(NodeId from, const DiskImage& image, const Promise& promise);
  void Check(NodeId from, const DiskImage& image, const Accept& accept);
  void Check(NodeId from, const DiskImage& image, const Accepted& accepted);
  void Check(NodeId from, const DiskImage& image, const Heartbeat& heartbeat);
  template <class Other>
  void Check(NodeId /*from*/, const DiskImage& /*image*/, const Other& /*message*/) {}

  void CheckOwnership(NodeId from, const Ballot& ballot);
  static void CheckReport(NodeId from, const DiskImage& image, const Promise& promise, Slot slot);

  // The highest rounds that a node used in this life of its process and in those before.
  struct Used {
    std::uint64_t now = 0;
    std::uint64_t before = 0;
  };
  const Choices& choices_;
  std::vector<Used> used_;                      // [node - 1]
  std::map<Ballot, std::set<NodeId>> granted_;  // who promised each ballot to its node
};

}  // namespace paxos::sim
