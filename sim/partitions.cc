#include "sim/partitions.h"

#include <numeric>
#include <utility>
#include <vector>

namespace paxos::sim {
namespace {

// What a fault's choice is asked.
enum PartitionQuestion : std::uint64_t { kShape = 20, kHowMany, kOrder };

std::vector<std::size_t> Shuffled(std::size_t size, Random& random) {
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = size; i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  return order;
}

}  // namespace

void Partitions::CutFor(NodeId from, NodeId to, Duration lasts) {
  network_.Cut(from, to);
  queue_.After(lasts, [this, from, to] {
    if (network_.IsCut(from, to)) network_.Mend(from, to);
  });
}

template <class MaySend>
void Partitions::CutUnless(NodeId first, Duration lasts, MaySend may_send) {
  for (std::size_t from = 0; from < nodes_; ++from) {
    for (std::size_t to = 0; to < nodes_; ++to) {
      if (from != to && !may_send(from, to)) CutFor(At(first, from), At(first, to), lasts);
    }
  }
}

void Partitions::Cut(const Fault& fault, NodeId first) {
  enum class Shape : std::uint8_t { kIsolate, kSplit, kBridge, kRing };
  const auto shape = static_cast<Shape>(fault.Pick(kShape, 4));
  const std::size_t nodes = nodes_;
  const std::size_t middle = nodes_ / 2;
  CutUnless(first, fault.lasts, [=](std::size_t from, std::size_t to) {
    const bool is_same_half = (from < middle) == (to < middle);
    switch (shape) {
      case Shape::kIsolate:
        return from != 0 && to != 0;
      case Shape::kSplit:
        return is_same_half;
      case Shape::kBridge:  // the first node of the second half sees the first half too
        return from == middle || to == middle || is_same_half;
      case Shape::kRing:
        return (from + 1) % nodes == to || (to + 1) % nodes == from;
    }
    return true;
  });
}

void Partitions::CutOneWay(const Fault& fault, NodeId first) {
  enum class Shape : std::uint8_t { kDeaf, kMute, kUnheardByOne };
  const auto shape = static_cast<Shape>(fault.Pick(kShape, 3));
  CutUnless(first, fault.lasts, [=](std::size_t from, std::size_t to) {
    switch (shape) {
      case Shape::kDeaf:
        return to != 0;
      case Shape::kMute:
        return from != 0;
      case Shape::kUnheardByOne:
        return from != 0 || to != 1;
    }
    return true;
  });
}

void Partitions::Isolate(NodeId node, Duration lasts) {
  CutUnless(node, lasts, [](std::size_t from, std::size_t to) { return from != 0 && to != 0; });
}

void Partitions::ClogFor(NodeId node, Duration after, Duration lasts) {
  for (std::size_t i = 1; i < nodes_; ++i) {
    const NodeId peer = At(node, i);
    queue_.After(after, [this, node, peer] {
      network_.Clog(node, peer);
      network_.Clog(peer, node);
    });
    queue_.After(after + lasts, [this, node, peer] {
      network_.Unclog(node, peer);
      network_.Unclog(peer, node);
    });
  }
}

void Partitions::Clog(const Fault& fault, NodeId first) {
  const std::size_t clogged = fault.Pick(kHowMany, nodes_) + 1;
  if (clogged == 1) return ClogFor(first, Duration{0}, fault.lasts);
  Random random(Mix(fault.choice, kOrder));
  const std::vector<std::size_t> begins = Shuffled(clogged, random);
  const std::vector<std::size_t> ends = Shuffled(clogged, random);
  const Duration step = fault.lasts / static_cast<int>(2 * clogged);
  for (std::size_t i = 0; i < clogged; ++i) {
    const Duration begin = step * static_cast<int>(begins[i]);
    const Duration end = step * static_cast<int>(clogged + ends[i]);
    ClogFor(At(first, i), begin, end - begin);
  }
}

}  // namespace paxos::sim
