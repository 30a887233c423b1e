// Who cannot hear whom for a while. Shapes are drawn on a circle of the nodes that begins at a
// given one, so that whatever is special about a shape befalls that node.
#pragma once

#include <cstddef>

#include "sim/event_queue.h"
#include "sim/fault.h"
#include "sim/network.h"

namespace paxos::sim {

class Partitions {
 public:
  // Both must outlive the partitions.
  Partitions(EventQueue& queue, Network& network, std::size_t nodes)
      : queue_(queue), network_(network), nodes_(nodes) {}

  // One node alone, two halves, two halves and one node between that sees both, or a ring.
  void Cut(const Fault& fault, NodeId first);
  // `first` cannot receive, cannot send, or cannot reach its neighbour.
  void CutOneWay(const Fault& fault, NodeId first);
  // Holds back what `first` sends and receives; or one node after the other, which then are let go
  // in another order (swizzle): messages of many moments arrive in one.
  void Clog(const Fault& fault, NodeId first);
  // Nobody hears the node, and it hears nobody.
  void Isolate(NodeId node, Duration lasts);

 private:
  void CutFor(NodeId from, NodeId to, Duration lasts);
  void ClogFor(NodeId node, Duration after, Duration lasts);
  // The i-th node of the circle.
  [[nodiscard]] NodeId At(NodeId first, std::size_t i) const {
    return NodeId{(first.value() - 1 + i) % nodes_ + 1};
  }
  // Cuts every pair for which not `may_send(i, k)`.
  template <class MaySend>
  void CutUnless(NodeId first, Duration lasts, MaySend may_send);

  EventQueue& queue_;
  Network& network_;
  std::size_t nodes_;
};

}  // namespace paxos::sim
