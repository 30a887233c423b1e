// A seed is the same run in a process that did nothing else and in one that ran others before: no
// state of the process, no address and no order of allocations shows.
#include <gtest/gtest.h>
#include <stdio.h>

#include <set>
#include <string>

#include "sim/paxsim_run.h"

namespace paxos::sim {
namespace {

Recipe RecipeOf(std::uint64_t seed) {
  Recipe recipe;
  recipe.seed = seed;
  return recipe;
}

std::string OutputOf(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string text;
  for (int c = ::fgetc(pipe); c != EOF; c = ::fgetc(pipe)) text += static_cast<char>(c);
  ::pclose(pipe);
  return text;
}

TEST(FreshProcessTest, ASeedIsTheSameRunThere) {
  for (std::uint64_t seed = 11; seed <= 13; ++seed) {
    const std::string here = SummaryText(RunRecipe(RecipeOf(seed)));
    const std::string there = OutputOf(PAXSIM_PATH " run --seed " + std::to_string(seed));
    EXPECT_EQ(there, here + "\n");
  }
}

TEST(FreshProcessTest, WhatRanBeforeInAProcessDoesNotShow) {
  const SeedResult first = RunRecipe(RecipeOf(21));
  RunRecipe(RecipeOf(22));
  EXPECT_EQ(RunRecipe(RecipeOf(21)), first);
}

TEST(FreshProcessTest, SeedsOfTheLockServiceDiffer) {
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) hashes.insert(RunRecipe(RecipeOf(seed)).hash);
  EXPECT_EQ(hashes.size(), 20U);
}

}  // namespace
}  // namespace paxos::sim
