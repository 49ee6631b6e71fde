// Trees of nodes that are fields of objects: after every addition and removal they are ordered, and red and black as
// the rules of their kind say.
#include "calls/impl/red_black.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace skep::calls::impl {
namespace {

struct Item {
  TreeNode node = {};
  int key = 0;
};
int key_of(const TreeNode& node) {
  return reinterpret_cast<const Item*>(&node)->key;
}

// How many black nodes are on every way down; -1: a rule is broken.
int black_height(const TreeNode* node, const TreeNode* parent, std::vector<int>& keys) {
  if (node == nullptr) return 0;
  if (node->parent() != parent || (!node->black() && (parent == nullptr || !parent->black()))) return -1;
  const int left = black_height(node->left, node, keys);
  keys.push_back(key_of(*node));
  const int right = black_height(node->right, node, keys);
  return left < 0 || left != right ? -1 : left + (node->black() ? 1 : 0);
}

void insert(TreeRoot& root, Item& item) {
  TreeNode* parent = nullptr;
  TreeNode** link = &root.top;
  while (*link != nullptr) {
    parent = *link;
    link = item.key < key_of(*parent) ? &parent->left : &parent->right;
  }
  tree_insert(root, item.node, parent, *link);
}

TEST(RedBlackTrees, StayOrderedAndBalanced) {
  std::mt19937 random(1);
  for (int round = 0; round < 60; ++round) {
    std::vector<Item> items(1 + random() % 60);
    TreeRoot root = {};
    std::vector<int> wanted;
    std::vector<Item*> in;
    const auto check = [&] {
      std::vector<int> keys;
      std::sort(wanted.begin(), wanted.end());
      ASSERT_GE(black_height(root.top, nullptr, keys), 0);
      EXPECT_EQ(keys, wanted);
    };
    for (Item& item : items) {
      item.key = static_cast<int>(random() % 40);
      insert(root, item);
      wanted.push_back(item.key);
      in.push_back(&item);
      check();
      if (random() % 3 != 0) continue;
      const auto gone = in.begin() + static_cast<std::ptrdiff_t>(random() % in.size());
      tree_remove(root, (*gone)->node);
      EXPECT_EQ((*gone)->node.parent(), nullptr);
      wanted.erase(std::find(wanted.begin(), wanted.end(), (*gone)->key));
      in.erase(gone);
      check();
    }
    std::shuffle(in.begin(), in.end(), random);
    for (Item* item : in) {
      tree_remove(root, item->node);
      wanted.erase(std::find(wanted.begin(), wanted.end(), item->key));
      check();
    }
    EXPECT_EQ(root.top, nullptr);
  }
}

}  // namespace
}  // namespace skep::calls::impl
