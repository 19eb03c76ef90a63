"""What the shop knows before an order comes: customers, products, materials, tooling, processes."""
