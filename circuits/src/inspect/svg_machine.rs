//! The picture of the machine's layout.

use super::{
    owner::Owner,
    svg::{Drawing, runs},
};
use crate::machine::{MachineLayout, SEGMENTS};

impl Drawing<'_> {
    /// The machine's two columns, segment below segment.
    pub(super) fn machine(&mut self, layout: &MachineLayout) {
        let (frame, arranged) = (&layout.frame, &layout.arranged);
        let mut cells: Vec<Option<Owner>> = vec![None; arranged.height * SEGMENTS];
        for (index, block) in frame.blocks.iter().enumerate() {
            let owner = self.owners.of_block(block);
            for element in 0..block.slot_of.len() as u32 {
                for field in 0..block.fills.len() as u32 {
                    cells[arranged.cell(index, element, field)] = Some(owner);
                }
            }
        }
        let tables = frame.tables.rows();
        cells[arranged.multiplicities()][..tables].fill(Some(Owner::Tables));
        self.group("cells and multiplicities", 1, runs(0, 1, cells));
        let rows: Vec<Option<Owner>> = arranged
            .machine
            .nodes
            .iter()
            .map(|node| Some(self.owners.of_node(*node)))
            .collect();
        let mut machine = vec![None; arranged.height * SEGMENTS];
        for segment in 0..SEGMENTS - 1 {
            machine[segment * arranged.height..][..rows.len()].copy_from_slice(&rows);
        }
        machine[(SEGMENTS - 1) * arranged.height..][..arranged.usable()].fill(Some(Owner::Tables));
        self.group("machine and lookup sum", 1, runs(0, 1, machine));
        let columns: Vec<usize> = (0..frame.fixed_values.len()).collect();
        self.fixed(&columns, &|_, _| Some(Owner::Proof));
    }
}
