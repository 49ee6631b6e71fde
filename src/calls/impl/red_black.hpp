// Red-black trees whose nodes are fields of objects. Programs see their shape (bpf_rbtree_root, bpf_rbtree_left), so
// that after the same additions and removals it has to be the kernel's: tests/loader/call_oracle_test.cpp compares, and
// tests/calls/red_black_test.cpp holds the trees to the rules of their kind.
//
// Zero bytes are an empty tree. A node's color is the lowest bit of its parent's address: set, it is black.
#pragma once

#include <cstdint>

namespace skep::calls::impl {

struct TreeNode {
  std::uint64_t parent_and_color;
  TreeNode *left, *right;
  std::uint64_t owner;  // not the tree's business
  TreeNode* parent() const { return reinterpret_cast<TreeNode*>(parent_and_color & ~std::uint64_t{1}); }
  bool black() const { return (parent_and_color & 1) != 0; }
};
struct TreeRoot {
  TreeNode* top;
  std::uint64_t unused;
};

// Puts `node` where `link`, a place for a child of `parent`, is empty; a tree's first has no parent.
void tree_insert(TreeRoot& root, TreeNode& node, TreeNode* parent, TreeNode*& link);
void tree_remove(TreeRoot& root, TreeNode& node);

}  // namespace skep::calls::impl
