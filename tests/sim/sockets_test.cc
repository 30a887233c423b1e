#include "sim/sockets.h"

#include <gtest/gtest.h>

#include <string>

namespace paxos::sim {
namespace {

class SocketsTest : public testing::Test, public ClientSockets, public ServerSockets {
 protected:
  SocketsTest() : sockets_(queue_, Chance(1), SocketOptions{}, *this) {}
  void RunFor(Duration duration) {
    const Time end = queue_.now() + duration;
    while (queue_.RunNext(end)) {
    }
  }
  SocketId ConnectTo(std::uint64_t node) {
    const SocketId id = sockets_.Connect(ClientId{1}, NodeId{node}, *this);
    RunFor(milliseconds{20});
    return id;
  }

  void OnConnected(SocketId) override { at_client_ += "connected "; }
  void OnBytes(SocketId, std::string_view bytes) override { at_client_ += std::string(bytes); }
  void OnDisconnected(SocketId) override { at_client_ += "disconnected "; }
  [[nodiscard]] bool IsUp(NodeId) const override { return is_up_; }
  void OnBytes(NodeId, SocketId, std::string_view bytes) override { at_node_ += bytes; }
  void OnClosed(NodeId, SocketId) override { at_node_ += "closed "; }

  EventQueue queue_{1};
  Sockets sockets_;
  bool is_up_ = true;
  std::string at_client_;
  std::string at_node_;
};

TEST_F(SocketsTest, CarriesBytesBothWaysInOrder) {
  const SocketId id = ConnectTo(1);
  for (char c = 'a'; c <= 'z'; ++c) sockets_.SendToServer(id, std::string(1, c));
  RunFor(seconds{1});
  EXPECT_EQ(at_node_, "abcdefghijklmnopqrstuvwxyz");
  sockets_.SendToClient(id, "x");
  sockets_.SendToClient(id, "y");
  RunFor(seconds{1});
  EXPECT_EQ(at_client_, "connected xy");
}

TEST_F(SocketsTest, RefusesWhereNobodyListens) {
  is_up_ = false;
  ConnectTo(1);
  EXPECT_EQ(at_client_, "disconnected ");
}

TEST_F(SocketsTest, TellsTheClientThatTheProcessDied) {
  const SocketId id = ConnectTo(1);
  sockets_.SendToServer(id, "lost");
  sockets_.OnNodeDied(NodeId{1}, Sockets::Death::kSocketsClosed);
  RunFor(seconds{1});
  EXPECT_EQ(at_client_, "connected disconnected ");
  EXPECT_EQ(at_node_, "");
}

TEST_F(SocketsTest, AnswersOfADeadProcessDoNotReachItsSuccessor) {
  const SocketId id = ConnectTo(1);
  sockets_.OnNodeDied(NodeId{1}, Sockets::Death::kSilent);
  sockets_.SendToServer(id, "to the successor");
  RunFor(seconds{11});
  EXPECT_EQ(at_client_, "connected disconnected ");
  EXPECT_EQ(at_node_, "");
}

TEST_F(SocketsTest, TellsTheNodeThatTheClientLeft) {
  sockets_.Close(ConnectTo(1));
  RunFor(seconds{1});
  EXPECT_EQ(at_node_, "closed ");
  EXPECT_EQ(at_client_, "connected ");
}

TEST_F(SocketsTest, WhatWasSentBeforeTheClientLeftStillArrives) {
  const SocketId id = ConnectTo(1);
  sockets_.SendToServer(id, "last words ");
  sockets_.Close(id);
  sockets_.SendToClient(id, "to nobody");
  RunFor(seconds{1});
  EXPECT_EQ(at_node_, "last words closed ");
  EXPECT_EQ(at_client_, "connected ");
}

TEST_F(SocketsTest, AMendedCutBringsTheWordsOfAClientThatLeft) {
  const SocketId id = ConnectTo(1);
  sockets_.Cut(ClientId{1}, NodeId{1});
  sockets_.SendToServer(id, "late ");
  sockets_.Close(id);
  RunFor(milliseconds{150});
  EXPECT_EQ(at_node_, "");
  sockets_.Mend(ClientId{1}, NodeId{1});
  RunFor(seconds{20});
  EXPECT_EQ(at_node_, "late closed ");
}

TEST_F(SocketsTest, AShortCutDelaysAndALongOneBreaks) {
  const SocketId id = ConnectTo(1);
  sockets_.Cut(ClientId{1}, NodeId{1});
  sockets_.SendToServer(id, "late");
  RunFor(milliseconds{100});
  EXPECT_EQ(at_node_, "");
  sockets_.Mend(ClientId{1}, NodeId{1});
  RunFor(milliseconds{100});
  EXPECT_EQ(at_node_, "late");
  sockets_.Cut(ClientId{1}, NodeId{1});
  RunFor(seconds{11});
  EXPECT_EQ(at_client_, "connected disconnected ");
}

TEST_F(SocketsTest, AMessageThatChangesOnItsWayBreaksTheConnection) {
  SocketOptions options;
  options.corruption = 1'000'000;
  Sockets sockets(queue_, Chance(1), options, *this);
  const SocketId id = sockets.Connect(ClientId{1}, NodeId{1}, *this);
  RunFor(milliseconds{20});
  sockets.SendToServer(id, "changed");
  RunFor(seconds{1});
  EXPECT_EQ(at_client_, "connected disconnected ");
  EXPECT_EQ(at_node_, "closed ");
}

}  // namespace
}  // namespace paxos::sim
