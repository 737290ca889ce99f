-- The materialized view shows what was loaded.
select relatorios.atualizar();
